//! A questionnaire as YAML that explains itself to somebody who has never seen one.

use super::yaml::quoted;
use super::{Answer, Figure, Goal, Question, Questionnaire, SELF_CHECK, goal};
use naru_model::language::{Language, Text};

const HEAD: Text = Text::new(
    "# 클라우드 네이티브 전환 검토 질문지 (naru assess)\n\
     #\n\
     # 작성 방법\n\
     #   - answer 에는 yes(예), no(아니오), unknown(모름) 중 하나를 적는다. 모르면 unknown 으로 둔다. 추측해서 적지 않는다.\n\
     #   - evidence 에는 근거(문서명, 수치, 확인한 사람과 날짜)를 적는다. 근거 없는 답은 결과에 따로 표시된다.\n\
     #   - 숫자는 아는 것만 적는다. 접근 로그가 있으면 로그로 확인되는 항목은 자동으로 채워진다.\n\
     #   - 터미널에서 한 문항씩 답하려면: naru assess ask FILE   결과를 보려면: naru assess verdict FILE\n\
     #   - 이 파일은 `naru assess ask`가 다시 쓰므로, 남길 말은 주석이 아니라 evidence 에 적는다.",
    "# Questionnaire: should this system become cloud native? (naru assess)\n\
     #\n\
     # How to fill it in\n\
     #   - answer: yes, no or unknown. Leave unknown what is not known; do not guess.\n\
     #   - evidence: what shows it (a document, a figure, who said so and when). Answers without any are marked in the verdict.\n\
     #   - Give the figures that are known. With an access log, what the log proves is filled in by itself.\n\
     #   - Question by question in the terminal: naru assess ask FILE   The verdict: naru assess verdict FILE\n\
     #   - `naru assess ask` writes this file anew: put what is to stay into evidence, not into comments.",
);
const FLOW: Text = Text::new(
    "# ── 1. 먼저 확인할 것: 하나라도 '아니오'이면 현행을 유지한다",
    "# ── 1. First of all: a no to either keeps what there is",
);
const CHECK: Text = Text::new(
    "# ── 2. 자가진단: '예'가 6개 이상이면 적용, 5개 이하면 현행 구조 유지, 3개 이하면 유지 권고",
    "# ── 2. Self-check: six or more yes: adopt; five or fewer: keep the architecture; three or fewer: keeping is recommended",
);
const FIGURES: Text = Text::new(
    "# ── 3. 수치: 아는 것만 적는다 (빈칸은 '모름')",
    "# ── 3. Figures: those that are known (empty: not known)",
);
const SCALES: Text = Text::new(
    "  # 규모·복잡도·확장성은 우선순위 산정에 쓴다. 비워 두면 이용자 수, 연계 수, 지연 시간 등에서 어림한다.\n\
     \x20 # 성숙도 — 애플리케이션 0: 자체 장비의 기존 방식, 1: 준비(IaaS로 이전), 2: 친화(PaaS·컨테이너), 3: 네이티브(마이크로서비스·SaaS, DevOps)\n\
     \x20 #          인프라 0: 전용 장비, 1: 표준 플랫폼(공개 소프트웨어 WAS·DB), 2: 자동 확장·컨테이너·CI/CD, 3: 서비스마다 자기 데이터를 갖는 가벼운 구조",
    "  # Size, complexity and scalability give the priority. Empty: estimated from users, links, slow hours and so on.\n\
     \x20 # Maturity: application 0: as ever on own machines, 1: ready (moved to IaaS), 2: friendly (PaaS, containers), 3: native (microservices or SaaS, DevOps)\n\
     \x20 #           infrastructure 0: machines of its own, 1: standard platform (open-source middleware and database), 2: auto-scaling, containers, CI/CD,\n\
     \x20 #           3: light services each with its own data",
);
const FUNCTIONS: Text = Text::new(
    "# ── 4. 업무와 연계 시스템: 목표 모델(naru assess target)에 쓴다. 접근 로그가 있으면 업무는 비워 두어도 된다.",
    "# ── 4. Functions and linked systems, for the target model (naru assess target). With an access log, functions may stay empty.",
);
const FUNCTION_EXAMPLE: &str = "# functions:\n#   - { name: booking, title: \"예약 신청\", path: /booking/**, owner: reservations@example.go.kr }\n";
const LINK_EXAMPLE: &str =
    "# links:\n#   - { name: resident-registry, url: \"https://link.example.go.kr\" }\n";

pub(super) fn write(q: &Questionnaire) -> String {
    let language = q.language;
    let mut out = format!("{}\n\nlanguage: {language}\n", HEAD.of(language));
    out += language.pick("# 시스템 이름\n", "# What the system is called\n");
    out += &format!("system: {}\n", quoted(&q.system));
    out += language.pick(
        "# 파일과 서비스에 쓸 짧은 이름 (영문 소문자, 숫자, 하이픈)\n",
        "# A short name for files and services (lower-case letters, digits, hyphens)\n",
    );
    out += &format!("name: {}\n", q.name);
    out += language.pick("# 대국민 서비스인가?\n", "# Does it serve the public?\n");
    out += &format!("public_service: {}\n", q.public_service);
    out += &format!("\n{}\n", FLOW.of(language));
    for (question, answer) in q.asked().take(2) {
        out += &asked("", question, answer, language);
    }
    out += &format!("\n{}\nself_check:\n", CHECK.of(language));
    let mut last = None;
    for (i, (question, answer)) in SELF_CHECK.iter().zip(&q.self_check).enumerate() {
        if last != Some(goal(i)) {
            last = Some(goal(i));
            out += &part(goal(i), language);
        }
        out += &format!("  # ({}) {}\n", i + 1, question.text.of(language));
        out += &answered("  ", question, answer, language);
    }
    out += &format!("\n{}\nfigures:\n", FIGURES.of(language));
    for figure in Figure::ALL {
        if figure == Figure::Size {
            out += &format!("{}\n", SCALES.of(language));
        }
        let about = figure.about();
        let value = q.figure(figure).map_or(String::new(), |value| format!(" {value}"));
        out += &format!(
            "  {}:{value}  # {} ({})\n",
            about.key,
            about.text.of(language),
            about.unit.of(language)
        );
    }
    out + &format!("\n{}\n", FUNCTIONS.of(language)) + &functions(q) + &links(q)
}

fn part(goal: Goal, language: Language) -> String {
    format!("  # [{}]\n", goal.name().of(language))
}

fn asked(indent: &str, question: &Question, answer: &Answer, language: Language) -> String {
    format!("{indent}# {}\n", question.text.of(language)) + &answered(indent, question, answer, language)
}

fn answered(indent: &str, question: &Question, answer: &Answer, language: Language) -> String {
    format!(
        "{indent}#     {}\n{indent}{}:\n{indent}  answer: {}\n{indent}  evidence: {}\n",
        question.indicator.of(language),
        question.key,
        answer.choice,
        quoted(&answer.evidence)
    )
}

fn functions(q: &Questionnaire) -> String {
    if q.functions.is_empty() {
        return FUNCTION_EXAMPLE.to_owned();
    }
    let one = |f: &super::Function| {
        format!(
            "  - {{ name: {}, title: {}, path: {}, owner: {} }}\n",
            f.name,
            quoted(&f.title),
            quoted(&f.path),
            quoted(&f.owner)
        )
    };
    format!("functions:\n{}", q.functions.iter().map(one).collect::<String>())
}

fn links(q: &Questionnaire) -> String {
    if q.links.is_empty() {
        return LINK_EXAMPLE.to_owned();
    }
    let one = |link: &super::Link| format!("  - {{ name: {}, url: {} }}\n", link.name, quoted(&link.url));
    format!("links:\n{}", q.links.iter().map(one).collect::<String>())
}
