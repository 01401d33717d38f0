//! A report as DOCX (Office Open XML, ECMA-376), which Word, LibreOffice and Hancom Office open and people go on writing in.

use std::io;

use naru_model::language::Language;
use naru_model::report::{Block, Report, Table, Tone};

use crate::xml::escape;
use crate::{told, zip};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// The width between the margins of an A4 page, twentieths of a point.
const PAGE: u32 = 9638;

/// Rows as high as their content.
const ROW: &str = "";
/// Rows in which there is room to sign: 15 mm.
const SIGNED: &str = "<w:trHeight w:val=\"850\" w:hRule=\"atLeast\"/>";

const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
<Default Extension=\"xml\" ContentType=\"application/xml\"/>\
<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>\
<Override PartName=\"/word/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml\"/>\
</Types>";
const PACKAGE: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>\
</Relationships>";
const PARTS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/>\
</Relationships>";
/// A paragraph style.
struct Style {
    id: &'static str,
    name: &'static str,
    /// In half points.
    size: u32,
    colour: &'static str,
    /// Space above it, in twentieths of a point.
    before: u32,
    /// Its level in the outline; body text has none.
    outline: Option<u8>,
}

const STYLES: [Style; 4] = [
    Style { id: "Title", name: "Title", size: 38, colour: "12385C", before: 0, outline: None },
    Style { id: "Heading1", name: "heading 1", size: 27, colour: "12385C", before: 360, outline: Some(0) },
    Style { id: "Heading2", name: "heading 2", size: 23, colour: "1B1F24", before: 240, outline: Some(1) },
    Style { id: "Result", name: "Result", size: 24, colour: "1B1F24", before: 160, outline: None },
];

pub(crate) fn render(report: &Report) -> io::Result<Vec<u8>> {
    let parts = [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PACKAGE.to_owned()),
        ("word/_rels/document.xml.rels", PARTS.to_owned()),
        ("word/styles.xml", styles(report)),
        ("word/document.xml", document(report)),
    ];
    let parts = parts.map(|(name, text)| (name, format!("{DECLARATION}{text}")));
    let files: Vec<(&'static str, &[u8])> =
        parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    zip::pack(&files)
}

fn styles(report: &Report) -> String {
    let language = report.language.pick("ko-KR", "en-US");
    let one = |Style { id, name, size, colour, before, outline }: &Style| {
        let outline = outline.map_or(String::new(), |level| format!("<w:outlineLvl w:val=\"{level}\"/>"));
        format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:next w:val=\"Normal\"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before=\"{before}\" w:after=\"100\"/>{outline}</w:pPr>\
             <w:rPr><w:b/><w:color w:val=\"{colour}\"/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr></w:style>"
        )
    };
    format!(
        "<w:styles xmlns:w=\"{MAIN}\"><w:docDefaults><w:rPrDefault><w:rPr>\
         <w:rFonts w:ascii=\"Malgun Gothic\" w:hAnsi=\"Malgun Gothic\" w:eastAsia=\"Malgun Gothic\" w:cs=\"Malgun Gothic\"/>\
         <w:sz w:val=\"20\"/><w:szCs w:val=\"20\"/><w:lang w:val=\"en-US\" w:eastAsia=\"{language}\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:spacing w:after=\"80\" w:line=\"276\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>{}</w:styles>",
        STYLES.iter().map(one).collect::<String>()
    )
}

fn document(report: &Report) -> String {
    let mut body = paragraph("Title", "", &report.title);
    let about = |(name, value): &(String, String)| paragraph("", "", &format!("{name}: {value}"));
    body.extend(report.about.iter().map(about));
    for block in &report.blocks {
        body += &one(block, report.language);
    }
    format!(
        "<w:document xmlns:w=\"{MAIN}\"><w:body>{body}<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>\
         </w:sectPr></w:body></w:document>"
    )
}

fn one(block: &Block, language: Language) -> String {
    match block {
        Block::Heading { level: 1, text } => paragraph("Heading1", "", text),
        Block::Heading { text, .. } => paragraph("Heading2", "", text),
        Block::Paragraph(text) => paragraph("", "", text),
        Block::Result { text, .. } => paragraph("Result", "", text),
        Block::List(items) => list(items),
        Block::Table(table) => grid(table, ROW),
        // Word takes SVG only beside a bitmap; what a picture shows is in the table beside it.
        Block::Picture(picture) => paragraph("", "", &picture.caption),
        Block::Chart(chart) => {
            let caption = paragraph("", "<w:keepNext/>", &told::about(chart, language));
            caption + &grid(&told::chart(chart, language), ROW) + &list(&told::spans(chart, language))
        }
        Block::Signatures(roles) => grid(&told::signatures(roles, language), SIGNED),
    }
}

fn list(items: &[String]) -> String {
    // A mark and a hanging indent need no numbering part.
    let hanging = "<w:ind w:left=\"340\" w:hanging=\"227\"/>";
    items.iter().map(|item| paragraph("", hanging, &format!("• {item}"))).collect()
}

fn paragraph(style: &str, properties: &str, text: &str) -> String {
    let style = if style.is_empty() { String::new() } else { format!("<w:pStyle w:val=\"{style}\"/>") };
    format!("<w:p><w:pPr>{style}{properties}</w:pPr>{}</w:p>", runs(text, ""))
}

fn runs(text: &str, properties: &str) -> String {
    let run = |line: &str| {
        format!("<w:r><w:rPr>{properties}</w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r>", escape(line))
    };
    text.split('\n').map(run).collect::<Vec<_>>().join("<w:r><w:br/></w:r>")
}

/// `row`: further properties of its rows.
fn grid(table: &Table, row_properties: &str) -> String {
    let widths = columns(table);
    let border =
        |side: &str| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"C8D1DA\"/>");
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(border).concat();
    let mut xml = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"{PAGE}\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders>\
         <w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>{}</w:tblGrid>",
        widths.iter().map(|width| format!("<w:gridCol w:w=\"{width}\"/>")).collect::<String>()
    );
    let right = |column: usize| table.right.contains(&column);
    let head = table.head.iter().enumerate();
    let head: String =
        head.map(|(i, text)| cell(text, widths[i], Some("EEF3F8"), right(i), "<w:b/>")).collect();
    xml += &format!("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>");
    for row in &table.rows {
        let cells = row.iter().enumerate();
        let cells: String =
            cells.map(|(i, c)| cell(&c.text, widths[i], fill(c.tone), right(i), "")).collect();
        xml += &format!("<w:tr><w:trPr><w:cantSplit/>{row_properties}</w:trPr>{cells}</w:tr>");
    }
    // Two tables in a row would become one.
    xml + "</w:tbl><w:p><w:pPr><w:spacing w:after=\"60\"/></w:pPr></w:p>"
}

fn columns(table: &Table) -> Vec<u32> {
    let count = table.head.len().max(1);
    let given = if table.widths.len() == count { table.widths.clone() } else { vec![1; count] };
    let all = given.iter().sum::<u32>().max(1);
    given.iter().map(|width| width * PAGE / all).collect()
}

fn fill(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some("E9F6EC"),
        Tone::Warn => Some("FFF5DC"),
        Tone::Bad => Some("FDECEB"),
    }
}

fn cell(text: &str, width: u32, fill: Option<&str>, right: bool, bold: &str) -> String {
    let shade = fill
        .map_or(String::new(), |fill| format!("<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"{fill}\"/>"));
    let side = if right { "<w:jc w:val=\"right\"/>" } else { "" };
    let small = format!("{bold}<w:sz w:val=\"18\"/><w:szCs w:val=\"18\"/>");
    format!(
        "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{shade}</w:tcPr>\
         <w:p><w:pPr><w:spacing w:after=\"0\" w:line=\"252\" w:lineRule=\"auto\"/>{side}</w:pPr>{}</w:p></w:tc>",
        runs(text, &small)
    )
}
