//! What would change a verdict: how far it is from the next one, which answers it hangs on, and which of them nothing shows.

use super::{ADOPT_FROM, Judged, KEEP_OUTRIGHT_TO, Outcome, Verdict};
use crate::questionnaire::Choice;
use naru_model::language::Language;

pub(super) fn changes(v: &Verdict, language: Language) -> Vec<String> {
    let mut said = Vec::new();
    flow(v, language, &mut said);
    if v.cloud_target.answer != Choice::No && v.renewal.answer != Choice::No {
        distance(v, language, &mut said);
        unknown(v, language, &mut said);
        unshown(v, language, &mut said);
    }
    if let Some(proved) = &v.if_proofs_counted {
        let numbers = numbers(v.answers.iter().filter(|a| a.contradicted), language);
        let outcomes = outcomes(proved, language);
        said.push(language.pick(
            format!("수치·로그와 어긋난 답({numbers})을 수치·로그대로 고치면: {outcomes}"),
            format!("if figures and log counted in {numbers}, where they contradict the answer: {outcomes}"),
        ));
    }
    said
}

fn flow(v: &Verdict, language: Language, said: &mut Vec<String>) {
    let check = Outcome::of_self_check(v.yes).word().of(language);
    let yes = v.yes;
    let stopped = match (v.cloud_target.answer, v.renewal.answer) {
        (Choice::No, _) => language
            .pick("클라우드 전환 대상이 되고 개편이 필요해지면", "were it a cloud target that needs renewal"),
        (_, Choice::No) => language.pick("개편이 필요해지면", "did it need renewal"),
        _ => {
            let open = [
                (&v.cloud_target, language.pick("클라우드 전환 가능 여부", "whether it is a cloud target")),
                (&v.renewal, language.pick("개편 필요 여부", "whether it needs renewal")),
            ];
            for (_, what) in open.iter().filter(|(asked, _)| asked.answer == Choice::Unknown) {
                said.push(language.pick(
                    format!("{what}부터 확인: '아니오'이면 자가진단과 관계없이 현행 유지"),
                    format!("find out {what} first: with a no the self-check does not matter"),
                ));
            }
            return;
        }
    };
    said.push(language.pick(
        format!("{stopped} 자가진단 결과('예' {yes}개)는 다음과 같음: {check}"),
        format!("{stopped}, the self-check with its {yes} yes would say: {check}"),
    ));
}

fn distance(v: &Verdict, language: Language, said: &mut Vec<String>) {
    let yes = v.yes;
    if yes >= ADOPT_FROM {
        let needed = yes - ADOPT_FROM + 1;
        let which = numbers(v.answers.iter().filter(|a| a.counted == Choice::Yes), language);
        said.push(language.pick(
            format!("'예'인 답({which}) 가운데 {needed}개가 '아니오'로 바뀌면 현행 구조 유지로 바뀜"),
            format!("{needed} of the yes ({which}) turning no would make it keep"),
        ));
        return;
    }
    let needed = ADOPT_FROM - yes;
    let which = numbers(v.answers.iter().filter(|a| a.counted != Choice::Yes), language);
    said.push(language.pick(
        format!("{which} 가운데 {needed}개가 '예'로 바뀌면 적용으로 바뀜"),
        format!("{needed} more yes, out of {which}, would make it adopt"),
    ));
    if yes <= KEEP_OUTRIGHT_TO {
        let outright = KEEP_OUTRIGHT_TO + 1 - yes;
        said.push(language.pick(
            format!("{outright}개가 '예'로 바뀌면 '유지 권고'에서 '유지'로 바뀜"),
            format!("{outright} more yes would end the outright recommendation to keep"),
        ));
    }
}

fn unknown(v: &Verdict, language: Language, said: &mut Vec<String>) {
    if v.unknown == 0 {
        return;
    }
    let which = numbers(v.answers.iter().filter(|a| a.counted == Choice::Unknown), language);
    let (least, most) = (v.yes, v.yes + v.unknown);
    let range = outcomes(&v.possible, language);
    said.push(if v.possible.len() == 1 {
        language.pick(
            format!("모름({which})이 모두 확인되어도 '예'는 {least}~{most}개로 결과는 그대로임"),
            format!("whatever the unknown ones ({which}) turn out to be, with {least} to {most} yes it stays"),
        )
    } else {
        language.pick(
            format!("모름({which})에 따라 '예'는 {least}~{most}개이며 결과는 다음 중 하나임: {range}"),
            format!("by what the unknown ones ({which}) turn out to be there are {least} to {most} yes, and it is one of: {range}"),
        )
    });
}

/// Yes answers behind which nothing stands, when the verdict hangs on them.
fn unshown(v: &Verdict, language: Language, said: &mut Vec<String>) {
    let bare: Vec<&Judged> = v.answers.iter().filter(|a| a.counted == Choice::Yes && !a.is_shown()).collect();
    if bare.is_empty() || v.yes < ADOPT_FROM {
        return;
    }
    let which = numbers(bare.iter().copied(), language);
    said.push(if v.yes - bare.len() < ADOPT_FROM {
        language.pick(
            format!("근거가 적히지 않은 '예'({which})를 빼면 6개에 못 미침: 근거를 확보한 뒤 확정"),
            format!("without the yes that nothing shows ({which}) there would be fewer than six: find evidence before deciding"),
        )
    } else {
        language.pick(
            format!("근거가 적히지 않은 '예'({which})를 빼도 6개 이상임"),
            format!("even without the yes that nothing shows ({which}) there are six or more"),
        )
    });
}

fn numbers<'a>(answers: impl Iterator<Item = &'a Judged>, language: Language) -> String {
    let each: Vec<String> = answers.map(|a| a.number.to_string()).collect();
    let all = each.join(", ");
    language.pick(format!("{all}번"), format!("question {all}"))
}

/// Outcomes in words, one after the other.
pub(super) fn outcomes(all: &[Outcome], language: Language) -> String {
    let words: Vec<&str> = all.iter().map(|outcome| outcome.word().of(language)).collect();
    words.join(" / ")
}
