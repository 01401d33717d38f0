#![allow(clippy::unwrap_used)]

use super::*;

fn blank(language: Language) -> Questionnaire {
    Questionnaire::new(language, "예약 포털", "booking-portal".parse().unwrap())
}

#[test]
fn what_is_written_is_read_as_it_was() {
    for language in [Language::Ko, Language::En] {
        let mut q = blank(language);
        assert_eq!(Questionnaire::read(&q.write()).unwrap(), q);
        q.public_service = Choice::Yes;
        q.cloud_target = Answer {
            choice: Choice::Yes,
            evidence: "보안 등급 \"하\" \\ 2026\n둘째 줄 # no comment: {x}".to_owned(),
        };
        q.self_check[9].choice = Choice::No;
        q.figures = Figure::ALL.map(|figure| (figure, figure.about().most as f64)).into();
        q.functions = vec![Function {
            name: "booking".parse().unwrap(),
            title: "예약, 신청".to_owned(),
            path: "/booking/**".to_owned(),
            owner: "a@example.go.kr".to_owned(),
        }];
        q.links = vec![Link {
            name: "registry".parse().unwrap(),
            url: "https://link.example.go.kr/x?y=1".to_owned(),
        }];
        assert_eq!(Questionnaire::read(&q.write()).unwrap(), q);
    }
}

#[test]
fn a_questionnaire_explains_every_question_and_figure() {
    for language in [Language::Ko, Language::En] {
        let text = blank(language).write();
        for question in [CLOUD_TARGET, RENEWAL].iter().chain(&SELF_CHECK) {
            assert!(
                text.contains(question.text.of(language)) && text.contains(question.indicator.of(language))
            );
        }
        assert!(Figure::ALL.iter().all(|figure| text.contains(figure.about().text.of(language))));
    }
}

#[test]
fn answers_are_read_as_people_write_them() {
    for (written, choice) in [
        ("예", Choice::Yes),
        ("Y", Choice::Yes),
        ("아니요", Choice::No),
        ("x", Choice::No),
        ("모름", Choice::Unknown),
        ("", Choice::Unknown),
    ] {
        let text = format!("name: a\nself_check:\n  frequent_change: {written}\n");
        assert_eq!(Questionnaire::read(&text).unwrap().self_check[3].choice, choice, "{written}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_by_line() {
    let text = "name: a\nrenewal: perhaps\nself_check:\n  no_such: yes\n  new_technology: { answer: yes, proof: x }\nfigures:\n  size: 6\n  users_a_day: 1.5\n  slow_hours: NaN\nlinks:\n  - { name: b, url: ftp://x }\nwhat: 1\n";
    let lines: Vec<usize> = Questionnaire::read(text).unwrap_err().iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 4, 5, 7, 8, 9, 11, 12]);
    assert!(Questionnaire::read("system: x\n").unwrap_err()[0].what.en.contains("name: is missing"));
}

#[test]
fn hostile_texts_are_refused_and_harm_nothing() {
    let deep = format!("name: a\nfunctions: {}{}", "[".repeat(5000), "]".repeat(5000));
    let wide = format!("name: a\nfunctions: [{}]", "x,".repeat(100_000));
    let bomb = "a: &a [x]\nname: *a\n";
    for text in [
        deep.as_str(),
        &wide,
        bomb,
        "",
        "- a\n",
        "name: a\nname: b\n",
        "{",
        "\u{0}",
        "name: [a]",
        "name: a\n---\nname: b\n",
        "!!x y: z",
        "? {a: b}\n: c",
    ] {
        assert!(Questionnaire::read(text).is_err(), "{:.40}", text);
    }
}

#[test]
fn numbers_have_their_thousands_apart() {
    for (value, text) in [
        (0.0, "0"),
        (999.0, "999"),
        (1_600_000.0, "1,600,000"),
        (1234.5, "1,234.5"),
        (2.999, "3"),
        (-1500.25, "-1,500.25"),
    ] {
        assert_eq!(number(value), text);
    }
    assert_eq!(Figure::UsersADay.read("1,600,000"), Ok(1_600_000.0));
}
