//! From the nodes of a YAML text to a questionnaire; says everything that is wrong at once.

use naru_model::name::ServiceName;

use super::yaml::{self, Data, Node};
use super::{Answer, COUNT, Choice, Error, Figure, Function, Link, Questionnaire, Refusal, SELF_CHECK};
use naru_model::language::Language;

const KEYS: &str =
    "language, system, name, public_service, cloud_target, renewal, self_check, figures, functions, links";

/// Collects what is wrong while reading goes on.
#[derive(Default)]
struct Wrong(Vec<Error>);

impl Wrong {
    fn add(&mut self, line: usize, ko: impl Into<String>, en: impl Into<String>) {
        self.0.push(Error::at(line, ko, en));
    }

    /// There is no such key, and which there are.
    fn unknown(&mut self, line: usize, key: &str, known: &str) {
        self.add(
            line,
            format!("{key}: 없는 키. 쓸 수 있는 키: {known}"),
            format!("{key}: there is no such key; there are {known}"),
        );
    }

    /// The value, or nothing and one complaint more.
    fn keep<T, E: Into<Refusal>>(&mut self, line: usize, key: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.0.push(Error { line, what: error.into().under(key) })).ok()
    }
}

pub(super) fn read(text: &str) -> Result<Questionnaire, Vec<Error>> {
    let root = yaml::read(text).map_err(|error| vec![error])?;
    let mut wrong = Wrong::default();
    let questionnaire = document(&root, &mut wrong);
    match questionnaire {
        Some(questionnaire) if wrong.0.is_empty() => Ok(questionnaire),
        _ => Err(wrong.0),
    }
}

fn document(root: &Node, wrong: &mut Wrong) -> Option<Questionnaire> {
    let pairs = map(root, "the questionnaire", wrong)?;
    let name = pairs.iter().find(|(key, _)| key == "name");
    let Some((_, name)) = name else {
        wrong.add(
            root.line,
            "name: 없음. 영문 소문자·숫자·하이픈으로 짧게 기입(예: booking-portal)",
            "name: is missing; give a short one in a-z, 0-9 and hyphens, such as booking-portal",
        );
        return None;
    };
    let name: ServiceName = {
        let text = scalar(name, "name", wrong)?;
        wrong.keep(name.line, "name", text.parse())?
    };
    let mut q = Questionnaire::new(Language::Ko, name.as_str(), name.clone());
    for (key, node) in pairs {
        match key.as_str() {
            "name" => {}
            "language" => {
                let text = scalar(node, key, wrong).unwrap_or("ko");
                q.language = wrong.keep(node.line, key, text.parse()).unwrap_or(Language::Ko);
            }
            "system" => {
                let text = scalar(node, key, wrong).unwrap_or("").trim();
                if !text.is_empty() {
                    q.system = text.to_owned();
                }
            }
            "public_service" => q.public_service = choice(node, key, wrong),
            "cloud_target" => q.cloud_target = answer(node, key, wrong),
            "renewal" => q.renewal = answer(node, key, wrong),
            "self_check" => q.self_check = self_check(node, wrong),
            "figures" => figures(node, &mut q, wrong),
            "functions" => q.functions = items(node, key, wrong, function),
            "links" => q.links = items(node, key, wrong, link),
            other => wrong.unknown(node.line, other, KEYS),
        }
    }
    unique(&q, root.line, wrong);
    Some(q)
}

fn unique(q: &Questionnaire, line: usize, wrong: &mut Wrong) {
    let functions: Vec<&str> = q.functions.iter().map(|function| function.name.as_str()).collect();
    let links: Vec<&str> = q.links.iter().map(|link| link.name.as_str()).collect();
    for (key, names) in [("functions", functions), ("links", links)] {
        for (i, name) in names.iter().enumerate().filter(|(i, name)| names[..*i].contains(name)) {
            wrong.add(
                line,
                format!("{key}[{i}]: 이름 {name} 이(가) 두 번 있음. 서로 다른 이름을 기입"),
                format!("{key}[{i}]: the name {name} is given twice; give each its own"),
            );
        }
    }
}

fn self_check(node: &Node, wrong: &mut Wrong) -> [Answer; COUNT] {
    let mut answers: [Answer; COUNT] = Default::default();
    for (key, node) in map(node, "self_check", wrong).unwrap_or_default() {
        match SELF_CHECK.iter().position(|question| question.key == key) {
            Some(i) => answers[i] = answer(node, key, wrong),
            None => {
                let all: Vec<&str> = SELF_CHECK.iter().map(|question| question.key).collect();
                let all = all.join(", ");
                wrong.add(
                    node.line,
                    format!("self_check.{key}: 없는 문항. 쓸 수 있는 문항: {all}"),
                    format!("self_check.{key}: there is no such question; there are {all}"),
                );
            }
        }
    }
    answers
}

/// `yes`, or `{ answer: yes, evidence: "..." }`.
fn answer(node: &Node, key: &str, wrong: &mut Wrong) -> Answer {
    if let Data::Scalar(_) = node.data {
        return Answer { choice: choice(node, key, wrong), evidence: String::new() };
    }
    let mut answer = Answer::default();
    for (inner, node) in map(node, key, wrong).unwrap_or_default() {
        match inner.as_str() {
            "answer" => answer.choice = choice(node, key, wrong),
            "evidence" => answer.evidence = scalar(node, inner, wrong).unwrap_or("").trim().to_owned(),
            other => wrong.unknown(node.line, &format!("{key}.{other}"), "answer, evidence"),
        }
    }
    answer
}

fn figures(node: &Node, q: &mut Questionnaire, wrong: &mut Wrong) {
    for (key, node) in map(node, "figures", wrong).unwrap_or_default() {
        let Some(figure) = Figure::named(key) else {
            let all: Vec<&str> = Figure::ALL.iter().map(|figure| figure.about().key).collect();
            let all = all.join(", ");
            wrong.add(
                node.line,
                format!("figures.{key}: 없는 수치. 쓸 수 있는 수치: {all}"),
                format!("figures.{key}: there is no such figure; there are {all}"),
            );
            continue;
        };
        let text = scalar(node, key, wrong).unwrap_or("").trim();
        if !text.is_empty()
            && let Some(value) = wrong.keep(node.line, &format!("figures.{key}"), figure.read(text))
        {
            q.figures.insert(figure, value);
        }
    }
}

fn items<T>(
    node: &Node,
    key: &str,
    wrong: &mut Wrong,
    one: fn(&Node, &str, &mut Wrong) -> Option<T>,
) -> Vec<T> {
    match &node.data {
        Data::List(items) => {
            let each = items.iter().enumerate();
            each.filter_map(|(i, node)| one(node, &format!("{key}[{i}]"), wrong)).collect()
        }
        Data::Scalar(text) if text.is_empty() => Vec::new(),
        _ => {
            wrong.add(
                node.line,
                format!("{key}: 목록이어야 함. 항목마다 '- '로 시작"),
                format!("{key}: a list is wanted; start each item with '- '"),
            );
            Vec::new()
        }
    }
}

fn function(node: &Node, key: &str, wrong: &mut Wrong) -> Option<Function> {
    let [name, title, path, owner] = fields(node, key, ["name", "title", "path", "owner"], wrong)?;
    let name: ServiceName = wrong.keep(node.line, key, name.parse())?;
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        wrong.add(
            node.line,
            format!("{key}.path: {path:?} 은(는) 경로가 아님. /booking/** 처럼 기입"),
            format!("{key}.path: {path:?} is no path; write /booking/**"),
        );
    }
    let title = if title.is_empty() { name.as_str().to_owned() } else { title };
    Some(Function { name, title, path, owner })
}

fn link(node: &Node, key: &str, wrong: &mut Wrong) -> Option<Link> {
    let [name, url] = fields(node, key, ["name", "url"], wrong)?;
    let name = wrong.keep(node.line, key, name.parse())?;
    if !(url.starts_with("http://") || url.starts_with("https://")) || url.contains(char::is_whitespace) {
        wrong.add(
            node.line,
            format!("{key}.url: {url:?} 은(는) 주소가 아님. https://link.example.go.kr 처럼 기입"),
            format!("{key}.url: {url:?} is no URL; write https://link.example.go.kr"),
        );
    }
    Some(Link { name, url })
}

/// The texts under these keys, empty where there is none.
fn fields<const N: usize>(
    node: &Node,
    key: &str,
    names: [&str; N],
    wrong: &mut Wrong,
) -> Option<[String; N]> {
    let pairs = map(node, key, wrong)?;
    for (known, node) in pairs.iter().filter(|(inner, _)| !names.contains(&inner.as_str())) {
        wrong.unknown(node.line, &format!("{key}.{known}"), &names.join(", "));
    }
    let text = |name: &str, wrong: &mut Wrong| {
        let node = pairs.iter().find(|(inner, _)| inner == name);
        node.and_then(|(_, node)| scalar(node, name, wrong)).unwrap_or("").trim().to_owned()
    };
    Some(names.map(|name| text(name, wrong)))
}

fn choice(node: &Node, key: &str, wrong: &mut Wrong) -> Choice {
    let text = scalar(node, key, wrong).unwrap_or("");
    wrong.keep(node.line, key, text.parse()).unwrap_or_default()
}

fn scalar<'a>(node: &'a Node, key: &str, wrong: &mut Wrong) -> Option<&'a str> {
    match &node.data {
        Data::Scalar(text) => Some(text),
        _ => {
            wrong.add(
                node.line,
                format!("{key}: 값 하나를 기입할 자리에 목록이나 키 묶음이 있음"),
                format!("{key}: one value is wanted here, not a list or a group of keys"),
            );
            None
        }
    }
}

fn map<'a>(node: &'a Node, key: &str, wrong: &mut Wrong) -> Option<&'a [(String, Node)]> {
    match &node.data {
        Data::Map(pairs) => Some(pairs),
        Data::Scalar(text) if text.is_empty() => Some(&[]),
        _ => {
            wrong.add(
                node.line,
                format!("{key}: `answer: yes` 같은 키 묶음이어야 함"),
                format!("{key}: a group of keys is wanted here, such as `answer: yes`"),
            );
            None
        }
    }
}
