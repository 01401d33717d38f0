//! A report as one HTML file: no script, nothing from outside, Korean type of whatever machine shows it, and pages of A4 on paper.

use naru_model::language::Language;
use naru_model::report::{Block, Picture, Report, Table, Tone};

use crate::xml::escape;
use crate::{chart, svg, told};

/// The look of every report. Colours tell nothing that words beside them do not.
const STYLE: &str = "\
@page{size:A4;margin:18mm 16mm}\
*{box-sizing:border-box}\
body{font:10.5pt/1.6 'Pretendard','Noto Sans KR','Noto Sans CJK KR','Malgun Gothic','Apple SD Gothic Neo','NanumGothic',sans-serif;\
color:#1b1f24;background:#fff;max-width:178mm;margin:12mm auto;padding:0 4mm;word-break:keep-all;overflow-wrap:anywhere}\
h1{font-size:20pt;line-height:1.3;margin:0 0 4mm;padding-bottom:3mm;border-bottom:2px solid #12385c}\
h2{font-size:13.5pt;margin:9mm 0 3mm;color:#12385c;break-after:avoid}\
h3{font-size:11.5pt;margin:6mm 0 2mm;break-after:avoid}\
p{margin:2mm 0}ul{margin:2mm 0;padding-left:6mm}li{margin:.8mm 0}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:1mm 5mm;margin:0 0 5mm;font-size:9.5pt}\
dt{color:#57606a}dd{margin:0}\
table{border-collapse:collapse;width:100%;margin:3mm 0;font-size:9pt;line-height:1.45}\
thead{display:table-header-group}tr{break-inside:avoid}\
th,td{border:1px solid #c8d1da;padding:1.4mm 2mm;text-align:left;vertical-align:top}\
th{background:#eef3f8;font-weight:600}\
td.r,th.r{text-align:right;font-variant-numeric:tabular-nums}td.r{white-space:nowrap}\
.good{background:#e9f6ec}.warn{background:#fff5dc}.bad{background:#fdeceb}\
.result{border:1px solid #c8d1da;border-left:5px solid #57606a;padding:3mm 4mm;margin:4mm 0;font-size:12pt;font-weight:600;break-inside:avoid}\
.result.good{border-left-color:#1a7f37}.result.warn{border-left-color:#b07a00}.result.bad{border-left-color:#c4281f}\
.signatures{display:grid;grid-template-columns:repeat(auto-fit,minmax(70mm,1fr));gap:4mm;margin:6mm 0;break-inside:avoid}\
section{border:1px solid #c8d1da;break-inside:avoid}h4{margin:0;padding:1.4mm 3mm;font-size:10pt;background:#eef3f8}\
section dl{gap:0;margin:0}section dt,section dd{padding:1.4mm 3mm;border-top:1px solid #c8d1da}\
section dd{border-left:1px solid #c8d1da}section dt:last-of-type,section dd:last-of-type{min-height:15mm}\
figure{margin:4mm 0;break-inside:avoid}figure svg{width:100%;height:auto}figcaption{font-size:9pt;color:#57606a}\
@media screen and (max-width:600px){table{display:block;overflow-x:auto}}\
@media print{body{margin:0;padding:0;max-width:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

pub(crate) fn render(report: &Report) -> String {
    let language = report.language;
    let title = escape(&report.title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    if !report.about.is_empty() {
        let pair = |(name, value): &(String, String)| {
            format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), lines(value))
        };
        html += &format!("<dl>\n{}</dl>\n", report.about.iter().map(pair).collect::<String>());
    }
    html.extend(report.blocks.iter().map(|block| one(block, language)));
    html + "</body>\n</html>\n"
}

fn one(block: &Block, language: Language) -> String {
    match block {
        Block::Heading { level, text } => {
            let tag = if *level == 1 { "h2" } else { "h3" };
            format!("<{tag}>{}</{tag}>\n", escape(text))
        }
        Block::Paragraph(text) => format!("<p>{}</p>\n", lines(text)),
        Block::List(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", lines(item))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Result { tone, text } => {
            format!("<p class=\"result {}\">{}</p>\n", crate::tone(*tone), lines(text))
        }
        Block::Picture(picture) => figure(picture),
        Block::Chart(chart) => figure(&chart::draw(chart, language, chart::HEIGHT)),
        Block::Signatures(roles) => {
            let boxes: String = roles.iter().map(|role| signature(role, language)).collect();
            format!("<div class=\"signatures\">\n{boxes}</div>\n")
        }
        Block::Table(table) => grid(table),
    }
}

fn figure(picture: &Picture) -> String {
    let caption = escape(&picture.caption);
    format!("<figure>\n{}\n<figcaption>{caption}</figcaption>\n</figure>\n", svg::draw(picture))
}

/// A box to sign in, by hand or with a seal.
fn signature(role: &str, language: Language) -> String {
    let [_, office, name, date, sign] = told::signature_head(language);
    let row = |what: &str| format!("<dt>{what}</dt><dd></dd>\n");
    let rows = [office, name, date, sign].map(row).concat();
    format!("<section><h4>{}</h4>\n<dl>\n{rows}</dl></section>\n", escape(role))
}

fn grid(table: &Table) -> String {
    let side = |column: usize| if table.right.contains(&column) { "r" } else { "" };
    let mut html = "<table>\n".to_owned();
    let all = table.widths.iter().sum::<u32>().max(1);
    let column = |width: &u32| format!("<col style=\"width:{}%\">", width * 100 / all);
    html += &table.widths.iter().map(column).collect::<String>();
    let head = |(column, text): (usize, &String)| {
        format!("<th{}>{}</th>", class(side(column), Tone::Plain), escape(text))
    };
    html += &format!(
        "<thead><tr>{}</tr></thead>\n<tbody>\n",
        table.head.iter().enumerate().map(head).collect::<String>()
    );
    for row in &table.rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            format!("<td{}>{}</td>", class(side(column), cell.tone), lines(&cell.text))
        });
        html += &format!("<tr>{}</tr>\n", cells.collect::<String>());
    }
    html + "</tbody>\n</table>\n"
}

fn class(side: &str, tone: Tone) -> String {
    let tone = if tone == Tone::Plain { "" } else { crate::tone(tone) };
    let both = [side, tone].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    if both.is_empty() { both } else { format!(" class=\"{both}\"") }
}

fn lines(text: &str) -> String {
    escape(text).replace('\n', "<br>")
}
