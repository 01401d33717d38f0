//! Searches transactions, as telemetry's own archive does.

use std::net::{IpAddr, Ipv4Addr};

use naru_model::instance::InstanceId;
use naru_model::record::{Fault, Method};
use naru_model::series::{Filter, Found, Search, StatusIs, Subject, Transaction};
use naru_model::units::Timestamp;

use crate::client::Client;
use crate::error::Error;
use crate::merge;
use crate::older::Older;
use crate::row_binary::Reader;
use crate::rows::{digits, seconds};
use crate::sql::{Where, bytes, contains};
use crate::stretches::stretches;

const COLUMNS: &str = "end_us, response_us, waiting_us, upstream_us, service, revision, ordinal, function, route, caller, \
                       client, method, status, fault, attempts, received_bytes, sent_bytes, path, trace_id";

impl Client {
    /// Lists transactions that are older than what is kept here, the latest first.
    ///
    /// # Errors
    /// ClickHouse can't be reached, refuses, or does not answer in time.
    pub async fn transactions(&self, search: &Search, older: &Older) -> Result<Found, Error> {
        let mut found = Vec::new();
        let most = search.limit.clamp(1, 1000) as usize;
        for stretch in stretches(search.from.0, search.to.min(older.before).0) {
            let conditions = self.wanted(search, older, stretch);
            let left = most + 1 - found.len();
            let sql = format!(
                "SELECT {COLUMNS} FROM transactions WHERE {conditions} \
                 ORDER BY end_us DESC, file DESC, row DESC LIMIT {left} FORMAT RowBinary"
            );
            found.extend(Reader::of(&self.ask(sql).await?).rows(transaction)?);
            if found.len() > most {
                break;
            }
        }
        Ok(merge::page(found, most))
    }

    fn wanted(&self, search: &Search, older: &Older, stretch: (u64, u64)) -> Where {
        let micros = |duration: std::time::Duration| u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        let mut wanted = Where::platform(&self.settings.platform);
        wanted.within("end_us", stretch);
        older.apply(&mut wanted);
        subject(&search.subject, &mut wanted);
        filter(&search.filter, &mut wanted);
        if !search.at_least.is_zero() {
            wanted.and(format_args!("response_us >= {}", micros(search.at_least)));
        }
        if let Some(most) = search.at_most {
            wanted.and(format_args!("response_us <= {}", micros(most)));
        }
        if search.errors {
            wanted.and("fault IN ('service', 'platform')");
        }
        wanted
    }
}

fn subject(subject: &Subject, wanted: &mut Where) {
    match subject {
        Subject::All => {}
        Subject::Service(name) => wanted.is("service", name.as_str()),
        Subject::Caller(name) => wanted.is("caller", name.as_str()),
        Subject::Function(name) => wanted.is("function", name.as_str()),
        Subject::Route(name) => wanted.is("route", name),
        Subject::Revision(name, number) => {
            wanted.is("service", name.as_str());
            wanted.and(format_args!("revision = {number} AND revision != 0"));
        }
        Subject::Instance(id) => {
            wanted.is("service", id.service.as_str());
            let (revision, ordinal) = (id.revision, id.ordinal);
            wanted.and(format_args!("revision = {revision} AND revision != 0 AND ordinal = {ordinal}"));
        }
        Subject::Host => wanted.and("0"),
    }
}

fn filter(filter: &Filter, wanted: &mut Where) {
    let names = [
        ("service", filter.service.as_ref().map(|name| name.as_str())),
        ("function", filter.function.as_ref().map(|name| name.as_str())),
        ("route", filter.route.as_deref()),
        ("caller", filter.caller.as_ref().map(|name| name.as_str())),
    ];
    names.into_iter().filter_map(|(column, name)| Some((column, name?))).for_each(|(column, name)| {
        wanted.is(column, name);
    });
    if let Some(client) = filter.client {
        wanted.is("client", &client.to_string());
    }
    match filter.status {
        Some(StatusIs::Code(code)) => wanted.and(format_args!("status = {code}")),
        Some(StatusIs::Class(class)) => wanted.and(format_args!("intDiv(status, 100) = {class}")),
        None => {}
    }
    if let Some(part) = filter.text.as_ref().filter(|part| !part.is_empty()) {
        wanted.and(contains(&["path"], part));
    }
    if let Some(trace) = filter.trace {
        wanted.and(format_args!("trace_id = {}", bytes(&trace)));
    }
}

/// The columns in their order.
pub(crate) fn transaction(row: &mut Reader<'_>) -> Result<Transaction, Error> {
    let end = Timestamp(row.u64()?);
    let [response, waiting, upstream] = [row.u32()?, row.u32()?, row.u32()?];
    let (service, revision, ordinal) = (row.text()?.parse().ok(), row.u32()?, row.u32()?);
    let instance = service.clone().filter(|_| revision > 0);
    Ok(Transaction {
        end,
        response_seconds: seconds(response),
        waiting_seconds: seconds(waiting),
        upstream_seconds: seconds(upstream),
        instance: instance.map(|service| InstanceId { service, revision, ordinal }),
        service,
        function: row.text()?.parse().ok(),
        route: row.text()?,
        caller: row.text()?.parse().ok(),
        client: row.text()?.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        method: Method::from_name(row.text()?.as_bytes()),
        status: row.u16()?,
        fault: fault(row.u8()?)?,
        attempts: row.u8()?,
        received_bytes: row.u64()?,
        sent_bytes: row.u64()?,
        path: row.text()?,
        trace_id: digits(&row.array::<16>()?),
    })
}

fn fault(number: u8) -> Result<Fault, Error> {
    let all = [Fault::None, Fault::Client, Fault::Service, Fault::Platform];
    all.get(usize::from(number)).copied().ok_or(Error::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row_binary::Writer;
    use crate::rows;

    #[test]
    fn a_transaction_comes_back_as_it_was_sent() {
        let plain = Transaction {
            end: Timestamp(1_795_250_000_123_456),
            response_seconds: 1.234567,
            waiting_seconds: 0.000001,
            upstream_seconds: 1.2,
            route: "www.example.go.kr/신청/**".to_owned(),
            function: Some("apply".parse().unwrap()),
            service: Some("portal".parse().unwrap()),
            instance: Some("portal-3-1".parse().unwrap()),
            caller: Some("mobile-app".parse().unwrap()),
            client: "2001:db8::1".parse().unwrap(),
            method: Method::Patch,
            status: 503,
            fault: Fault::Platform,
            attempts: 2,
            received_bytes: 1 << 40,
            sent_bytes: 7,
            path: "/신청/it's\\\u{0}\n".to_owned(),
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        };
        let bare = Transaction {
            function: None,
            service: None,
            instance: None,
            caller: None,
            trace_id: String::new(),
            method: Method::Other,
            status: 0,
            ..plain.clone()
        };
        let mut writer = Writer::default();
        rows::transaction(&mut writer, &plain);
        rows::transaction(&mut writer, &bare);
        let bytes = writer.bytes();
        assert_eq!(Reader::of(&bytes).rows(transaction).unwrap(), [plain, bare]);
    }
}
