//! The effect as an orderer reads it: what each way would have brought users and cost, in the whole period and in the worst surge, how
//! many instances each service needs, what a failure takes along, and what all of it rests on.

use naru_model::language::Language;
use naru_model::report::{Cell, Report, Table, Tone};

use super::words::{
    count, hours, money, name, origin, percent, seconds, sure, times_of, value, warning, way,
};
use super::{Effect, Failed, Failure, Measured, Used, Variant, Way, chart};

impl Effect {
    /// `sources`: what was read, as a person names it.
    pub fn report(&self, language: Language, sources: &str) -> Report {
        let mut report = Report::new(
            language,
            language.pick("전환 효과 분석(모의실험)", "What moving would bring, simulated"),
        );
        let pair = |ko: &str, en: &str, value: String| (language.pick(ko, en).to_owned(), value);
        report.about = vec![
            pair("시스템", "system", self.system.clone()),
            pair("접근 로그", "access log", sources.to_owned()),
            pair("재현 기간", "replayed", format!("{} ~ {}", self.clock(self.from), self.clock(self.to))),
            pair("요청 수", "requests", count(self.requests)),
        ];
        self.tell_result(&mut report);
        report.heading(1, language.pick("전체 기간", "The whole period"));
        self.compare(&mut report, |variant| &variant.whole);
        report.heading(1, language.pick("최대 급증 시간대", "The worst surge"));
        self.surge(&mut report);
        report.heading(1, language.pick("목표 모델", "The target model"));
        self.proposed(&mut report);
        report.heading(2, language.pick("서비스별 인스턴스 수", "Instances of each service"));
        self.sizes(&mut report);
        self.tell_schedules(&mut report);
        if let Some(failure) = &self.failure {
            report.heading(1, language.pick("업무 장애의 파급", "What one failing function takes along"));
            self.fails(&mut report, failure);
        }
        self.tell_sensitivity(&mut report);
        report.heading(1, language.pick("현행 처리 용량 추정", "What today's system carries"));
        self.carries(&mut report);
        report.heading(1, language.pick("산정 근거", "What it rests on"));
        self.basis(&mut report);
        report
    }

    pub(super) fn of(&self, way: Way) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.way == way)
    }

    /// Each way's figures in a row.
    fn compare(&self, report: &mut Report, part: impl Fn(&Variant) -> &Measured) {
        let language = report.language;
        let priced = self.variants.iter().any(|variant| part(variant).cost.is_some());
        let mut head = vec![
            language.pick("방식", "way"),
            language.pick("대기", "waited"),
            language.pick("실패", "failed"),
            language.pick("평균", "mean"),
            "p50",
            "p95",
            "p99",
            language.pick("위반 시간 비율", "minutes in violation"),
            language.pick("인스턴스 시간", "instance-hours"),
        ];
        if priced {
            head.push(language.pick("비용", "cost"));
        }
        let mut table = Table::new(head);
        table.right = (1..10).collect();
        for variant in &self.variants {
            let measured = part(variant);
            let share = |n: u64| n as f64 / measured.requests.max(1) as f64;
            let of = |n: u64| format!("{} ({})", count(n), percent(share(n)));
            let violated = measured.violated as f64 / measured.minutes.max(1) as f64;
            let time = |value| Cell::from(seconds(value, language));
            let mut row = vec![
                Cell::from(way(variant.way, language)),
                Cell::toned(of(measured.waited), tone(share(measured.waited))),
                Cell::toned(of(measured.failed), tone(share(measured.failed))),
                time(measured.mean),
                time(measured.p50),
                time(measured.p95),
                time(measured.p99),
                Cell::toned(percent(violated), tone(violated)),
                Cell::from(hours(measured.instance_hours)),
            ];
            row.extend(measured.cost.map(|cost| Cell::from(money(cost, language))));
            table.row(row);
        }
        report.table(table);
        if !priced {
            report.paragraph(language.pick(
                "비용: 인스턴스 시간당 단가가 없어 계산하지 않음(--price 로 입력)",
                "cost: not told, for want of a price of an instance-hour (--price)",
            ));
        }
    }

    fn surge(&self, report: &mut Report) {
        let language = report.language;
        let (from, to) = (self.clock(self.surge.from), self.clock(self.surge.to));
        let times = times_of(self.surge.times);
        report.paragraph(language.pick(
            format!("{from} ~ {to}. 가장 바쁜 1분의 요청은 전체 평균의 {times}배"),
            format!("{from} to {to}; its busiest minute has {times} times the mean of all"),
        ));
        self.compare(report, |variant| &variant.surge);
        report.chart(chart::carried(self, language));
        report.chart(chart::waiting(self, language));
    }

    /// What the system is to become, with why.
    fn proposed(&self, report: &mut Report) {
        let language = report.language;
        let mut table = Table::new([
            language.pick("서비스", "service"),
            language.pick("경로", "paths"),
            language.pick("나눈 근거", "why"),
            language.pick("인스턴스 수의 근거", "what its instances rest on"),
            language.pick("최대 대기열", "longest line"),
            language.pick("응답 목표(95%)", "goal for 95 %"),
        ]);
        table.right = vec![4, 5];
        for service in &self.target.services {
            table.row([
                Cell::from(service.name.clone()),
                Cell::from(service.paths.join(", ")),
                Cell::from(service.why.clone()),
                Cell::from(service.sized_by.clone()),
                Cell::from(count(u64::from(service.queue))),
                Cell::from(seconds(service.p95.as_secs_f64(), language)),
            ]);
        }
        report.table(table);
        report.list(self.target.notes.clone());
    }

    fn sizes(&self, report: &mut Report) {
        let language = report.language;
        let mut table = Table::new([
            language.pick("서비스", "service"),
            language.pick("업무", "functions"),
            language.pick("요청", "requests"),
            language.pick("처리시간", "time of a request"),
            language.pick("평균 기준", "for the mean"),
            language.pick("최대 기준", "for the peak"),
            language.pick("HPA 최소~최대", "HPA least to most"),
            language.pick("naru 최소~최대", "naru least to most"),
            language.pick("목표 모델 범위", "bounds of the target model"),
        ]);
        table.right = (2..9).collect();
        let used = |way: Way, index: usize| self.of(way).and_then(|variant| variant.services.get(index));
        let range =
            |used: Option<&Used>| used.map_or(String::new(), |used| format!("{}~{}", used.least, used.most));
        let mut short = Vec::new();
        for (index, service) in self.services.iter().enumerate() {
            table.row([
                Cell::from(service.name.clone()),
                Cell::from(service.functions.join(", ")),
                Cell::from(count(service.requests)),
                Cell::from(seconds(service.service_time, language)),
                Cell::from(service.for_mean.to_string()),
                Cell::from(service.for_peak.to_string()),
                Cell::from(range(used(Way::Hpa, index))),
                Cell::from(range(used(Way::Naru, index))),
                Cell::from(format!("{}~{}", service.min, service.max)),
            ]);
            if let Some(minutes) = used(Way::Naru, index).map(|used| used.short_of).filter(|n| *n > 0) {
                short.push(language.pick(
                    format!(
                        "{}: 최대 {}대로도 부족한 시간이 {minutes}분. 최대 수를 늘릴 것",
                        service.name, service.max
                    ),
                    format!(
                        "{}: {minutes} minutes in which {} instances were too few; raise its maximum",
                        service.name, service.max
                    ),
                ));
            }
        }
        report.table(table);
        report.list(short);
    }

    fn fails(&self, report: &mut Report, failure: &Failure) {
        let language = report.language;
        let (from, to) = (self.clock(failure.from), self.clock(failure.to));
        let (function, service) = (&failure.function, &failure.service);
        let hangs = seconds(failure.hangs, language);
        report.paragraph(language.pick(
            format!("{from} ~ {to} 동안 '{function}' 업무의 모든 요청이 응답 없이 {hangs} 뒤 실패한다고 가정. 그동안 요청마다 처리 자리 하나를 차지함. 현행은 모든 업무가 같은 자리를 쓰고, 목표 모델은 서비스마다 따로 씀"),
            format!("from {from} to {to} no request of {function:?} is answered; each holds a place to work for {hangs} and then fails. Today all functions share these places; split, each service has its own"),
        ));
        if !failure.alone {
            report.paragraph(language.pick(
                format!("'{function}' 은 서비스 '{service}' 에서 다른 업무와 함께 실행되므로, 그 업무들은 나눈 뒤에도 함께 영향을 받음"),
                format!("{function:?} runs in the service {service:?} with others, which share its fate when split as well"),
            ));
        }
        let mut table = Table::new([
            language.pick("방식", "way"),
            language.pick("장애 업무의 실패", "failed, of the function"),
            language.pick("다른 업무 요청", "other requests"),
            language.pick("다른 업무 대기", "of them waited"),
            language.pick("다른 업무 실패", "of them failed"),
        ]);
        table.right = (1..5).collect();
        for Failed { way: of, own, others } in &failure.ways {
            let share = |n: u64| n as f64 / others.requests.max(1) as f64;
            let cell = |n: u64| Cell::toned(format!("{} ({})", count(n), percent(share(n))), tone(share(n)));
            table.row([
                Cell::from(way(*of, language)),
                Cell::from(count(*own)),
                Cell::from(count(others.requests)),
                cell(others.waited),
                cell(others.failed),
            ]);
        }
        report.table(table);
    }

    fn carries(&self, report: &mut Report) {
        let language = report.language;
        let found = &self.capacity;
        let mut items = Vec::new();
        let mut item = |ko: String, en: String| items.push(language.pick(ko, en));
        item(
            format!("추정 신뢰도: {}", sure(found.sure, language)),
            format!("how sure: {}", sure(found.sure, language)),
        );
        if let Some(time) = found.service_time {
            let time = seconds(time, language);
            item(
                format!("대기 없는 처리시간 s = {time}: 한가한 1/3 시간대의 중앙값"),
                format!(
                    "time of a request when nothing waits, s = {time}: the median of the least busy third"
                ),
            );
            let most = format!("{:.1}", found.most_at_a_time);
            item(
                format!("로그에서 가장 많이 동시에 처리한 요청 L = λ·W = {most}건(리틀의 법칙)"),
                format!("the most requests at a time in the log, L = λ·W = {most} (Little's law)"),
            );
        }
        if let (Some(workers), Some(rate)) = (found.workers, found.rate) {
            let (workers, rate) = (format!("{workers:.0}"), format!("{rate:.0}"));
            item(
                format!(
                    "동시 처리 한계 c = {workers}건, 초당 {rate}건: R = s·(1 + ρ^(√(2(c+1))−1) / (c·(1−ρ))), ρ = λ·s/c 를 아래 표에 맞춘 값(Kleinrock 1975, Sakasegawa 1977)"
                ),
                format!(
                    "works on c = {workers} at a time, {rate} a second: R = s (1 + ρ^(√(2(c+1))−1) / (c (1−ρ))), ρ = λ s / c, fitted to the table below (Kleinrock 1975, Sakasegawa 1977)"
                ),
            );
        }
        report.list(items);
        if found.levels.is_empty() {
            return;
        }
        let mut table = Table::new([
            language.pick("초당 요청", "requests per second"),
            language.pick("응답시간(중앙값)", "response time, median"),
            language.pick("산식 값", "by the formula"),
            language.pick("관측 분", "minutes"),
        ]);
        table.right = (0..4).collect();
        for level in &found.levels {
            table.row([
                Cell::from(format!("{:.1}", level.rate)),
                Cell::from(seconds(level.response, language)),
                Cell::from(level.fitted.map_or("-".to_owned(), |fitted| seconds(fitted, language))),
                Cell::from(count(u64::from(level.minutes))),
            ]);
        }
        report.table(table);
    }

    fn basis(&self, report: &mut Report) {
        let language = report.language;
        let mut table = Table::new([
            language.pick("항목", "figure"),
            language.pick("값", "value"),
            language.pick("출처", "where from"),
        ]);
        table.right = vec![1];
        for figure in &self.figures {
            table.row([
                Cell::from(name(figure.name, language)),
                Cell::from(value(figure.name, figure.value, language)),
                Cell::from(origin(figure.origin, language)),
            ]);
        }
        report.table(table);
        report.list(self.warnings.iter().map(|of| warning(*of, language)).collect());
        report.heading(2, language.pick("방법과 한계", "How it was done, and what it leaves out"));
        report.list(method(language));
    }
}

/// Harm to so large a share of the requests, in words beside it.
pub(super) fn tone(share: f64) -> Tone {
    match share {
        0.0..0.001 => Tone::Good,
        0.001..0.05 => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn method(language: Language) -> Vec<String> {
    let both = [
        (
            "요청은 로그의 초 단위 도착 수 그대로 재현함. 느릴 때 떠난 이용자와 다시 누른 이용자는 로그에 있는 대로임",
            "requests come as the log has them, second by second; who left or asked again because it was slow is in it as logged",
        ),
        (
            "현행과 HPA는 요청을 인스턴스에 차례로 나누고, 고정과 naru는 빈자리가 생길 때까지 앞에서 줄을 세움(naru 게이트웨이)",
            "today's system and HPA give requests to instances in turn; the fixed numbers and naru let them wait in front for a free place (naru's gateway)",
        ),
        (
            "HPA는 공개 문서의 기본값(CPU 80%, 15초 주기, 축소 5분 대기), naru는 운영과 같은 결정 프로그램에 목표 모델의 예약 확장(schedule)까지 적용",
            "HPA as published with its defaults (80 % processor, every 15 s, 5 min before it shrinks); naru by the very program that decides in production, with the target model's schedules",
        ),
        (
            "처리시간은 평균의 절반을 표준편차로 흩어짐(얼랑 분포). 데이터베이스와 연계 시스템의 한계는 포함하지 않음",
            "times of requests vary by half their mean (Erlang); limits of databases and linked systems are left out",
        ),
        (
            "위반: 1분 동안 요청의 5% 이상이 대기하거나 실패. 고정 방식의 크기는 60% 사용률 기준이며 모든 서비스는 2대 이상",
            "a minute is in violation when over 5 % of its requests waited or failed; fixed numbers are sized to be 60 % full, with 2 instances at least",
        ),
        ("평균은 정확하고 p50·p95·p99 는 6% 이내의 값임", "means are exact, p50, p95 and p99 within 6 %"),
    ];
    both.iter().map(|(ko, en)| language.pick(*ko, *en).to_owned()).collect()
}
