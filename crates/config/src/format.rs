//! The texts that have rules of their own: names, hosts, paths, methods, headers, addresses. Each is a [`Text`] that a
//! key's shape points to.

mod address;
mod crontab;
mod http;
mod message;
mod name;
mod notice;
mod proof;
mod report;
mod url;

use crate::report::Refusal;
use crate::shape::Text;

pub(crate) use proof::{is_inline, key_set};

type Checked = Result<(), Refusal>;

pub(crate) const PLATFORM: Text = Text {
    noun: "a platform's name",
    example: "public-portal",
    check: name::platform,
    pattern: Some("^.{1,100}$"),
};
pub(crate) const SERVICE: Text =
    Text { noun: "a service's name", example: "booking", check: name::service, pattern: Some(NAME) };
pub(crate) const SERVICE_REFERENCE: Text =
    Text { noun: "a service's name", example: "booking", check: not_empty, pattern: Some(NAME) };
pub(crate) const FUNCTION: Text =
    Text { noun: "a function's name", example: "booking-apply", check: name::function, pattern: Some(NAME) };
pub(crate) const FUNCTION_REFERENCE: Text =
    Text { noun: "a function's name", example: "booking-apply", check: not_empty, pattern: Some(NAME) };
pub(crate) const TITLE: Text =
    Text { noun: "a name for people", example: "예약 신청", check: not_empty, pattern: Some(".") };
pub(crate) const OWNER: Text =
    Text { noun: "a text", example: "reservations@example.go.kr", check: not_empty, pattern: Some(".") };
pub(crate) const ARGUMENT: Text = Text { noun: "a text", example: "java", check: anything, pattern: None };
pub(crate) const VALUE: Text = Text { noun: "a text", example: "prod", check: anything, pattern: None };
pub(crate) const FILE: Text =
    Text { noun: "a path", example: "booking.jar", check: not_empty, pattern: Some(".") };
pub(crate) const PEM: Text =
    Text { noun: "a path", example: "tls/www.pem", check: not_empty, pattern: Some(".") };
pub(crate) const VARIABLE: Text = Text {
    noun: "an environment variable's name",
    example: "SPRING_PROFILES_ACTIVE",
    check: name::variable,
    pattern: Some("^[^=]+$"),
};
pub(crate) const ADDRESS: Text = Text {
    noun: "an address with a port",
    example: "0.0.0.0:8080",
    check: address::address,
    pattern: Some(r"^([0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$"),
};
pub(crate) const RECEIVER: Text = Text {
    noun: "an address with a port, or off",
    example: "0.0.0.0:4317",
    check: address::address_or_off,
    pattern: Some(r"^(off|([0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5})$"),
};
pub(crate) const LOOPBACK: Text = Text {
    noun: "an address of this machine alone, with a port",
    example: "127.0.0.1:8085",
    check: address::loopback,
    pattern: Some(r"^(127[0-9.]+|\[::1\]):[0-9]{1,5}$"),
};
pub(crate) const NETWORK: Text = Text {
    noun: "an IP address or a network",
    example: "10.0.0.0/8",
    check: address::network,
    pattern: Some(r"^[0-9a-fA-F:.]+(/[0-9]{1,3})?$"),
};
pub(crate) const HOST: Text = Text {
    noun: "a host",
    example: "www.example.go.kr",
    check: http::host,
    pattern: Some(r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"),
};
pub(crate) const PATH: Text =
    Text { noun: "a path", example: "/booking/**", check: http::path, pattern: Some(r"^/[!-~]*$") };
/// Asked of an instance by the gateway, so that it has no wildcards and may have a query.
pub(crate) const TARGET: Text =
    Text { noun: "a path", example: "/healthz", check: http::target, pattern: Some(r"^/[!-~]*$") };
pub(crate) const METHOD: Text =
    Text { noun: "a method", example: "GET", check: http::method, pattern: Some("^[A-Z][A-Z-]*$") };
pub(crate) const HEADER: Text = Text {
    noun: "a header's name",
    example: "X-Canary",
    check: http::header,
    pattern: Some(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"),
};
pub(crate) const PARAMETER: Text = Text {
    noun: "a query parameter's name",
    example: "version",
    check: http::parameter,
    pattern: Some("^[^&=#]+$"),
};

pub(crate) const USER: Text = Text {
    noun: "`client`, a cookie or a header",
    example: "cookie SESSION",
    check: http::user,
    pattern: Some(r"^(client|(cookie|header) +[!#$%&'*+.^_`|~0-9A-Za-z-]+)$"),
};
pub(crate) const CONDITION: Text = Text {
    noun: "a condition",
    example: "cpu > 50% for 5m",
    check: condition,
    pattern: Some(
        r"^ *(cpu|concurrency|rate|p95|apdex|errors|waiting) *[<>] *[0-9.]+(%|/s|/m|/h|ms|s|m|h)* +for +[0-9ms]+ *$",
    ),
};
pub(crate) const TIMES: Text = Text {
    noun: "five fields of a crontab",
    example: "0 20 * * *",
    check: crontab::times,
    pattern: Some(r"^ *([^ ]+ +){4}[^ ]+ *$"),
};
pub(crate) const ZONE: Text = Text {
    noun: "a time zone's name",
    example: "Asia/Seoul",
    check: crontab::zone,
    pattern: Some("^[A-Za-z][A-Za-z0-9/_+-]*$"),
};

pub(crate) const CLIENT: Text =
    Text { noun: "a client's name", example: "mobile", check: name::client, pattern: Some(NAME) };
pub(crate) const CLIENT_REFERENCE: Text =
    Text { noun: "a client's name", example: "mobile", check: not_empty, pattern: Some(NAME) };
pub(crate) const GROUP: Text = Text {
    noun: "a group's name",
    example: "partners",
    check: proof::group,
    pattern: Some("^[^ ,/]{1,100}$"),
};
/// Source: RFC 6749 §3.3.
pub(crate) const SCOPE: Text =
    Text { noun: "a scope", example: "booking:read", check: proof::scope, pattern: Some(r"^[!#-\[\]-~]+$") };
pub(crate) const HASH: Text = Text {
    noun: "a SHA-256",
    example: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    check: proof::hash,
    pattern: Some("^[0-9A-Fa-f]{64}$"),
};
pub(crate) const JWKS: Text =
    Text { noun: "a path or a JWK Set", example: "keys/mobile.json", check: proof::jwks, pattern: Some(".") };
pub(crate) const CLAIM: Text =
    Text { noun: "a claim's name", example: "department", check: proof::claim, pattern: Some("^[^ ]+$") };
pub(crate) const SUBJECT: Text = Text {
    noun: "a subject",
    example: "CN=mobile,O=Example",
    check: proof::subject,
    pattern: Some("^[^/].*="),
};
pub(crate) const SAN: Text =
    Text { noun: "a name", example: "mobile.example.go.kr", check: not_empty, pattern: Some(".") };
pub(crate) const AUDIENCE: Text =
    Text { noun: "a text", example: "booking-api", check: not_empty, pattern: Some(".") };
pub(crate) const ISSUER: Text = Text {
    noun: "a URL",
    example: "https://login.example.go.kr",
    check: url::issuer,
    pattern: Some("^https?://[^?#]+$"),
};
pub(crate) const URL: Text = Text {
    noun: "a URL",
    example: "https://login.example.go.kr/jwks",
    check: url::any,
    pattern: Some("^https?://[^#]+$"),
};
pub(crate) const CLICKHOUSE_URL: Text = Text {
    noun: "a URL",
    example: "http://10.0.0.5:8123",
    check: url::clickhouse,
    pattern: Some("^https?://[^?#]+$"),
};
pub(crate) const DATABASE: Text = Text {
    noun: "a database's name",
    example: "naru",
    check: name::database,
    pattern: Some("^[A-Za-z_][A-Za-z0-9_]{0,63}$"),
};
pub(crate) const BODY: Text =
    Text { noun: "a text", example: "{\"items\":[]}", check: anything, pattern: None };
pub(crate) const LINK: Text =
    Text { noun: "a link's name", example: "tax-office", check: name::link, pattern: Some(NAME) };
pub(crate) const LINK_URL: Text = Text {
    noun: "a URL",
    example: "https://api.partner.co.kr/v2",
    check: url::link,
    pattern: Some("^https?://[^?#]+$"),
};
pub(crate) const BROKER: Text =
    Text { noun: "a broker's name", example: "orders", check: name::link, pattern: Some(NAME) };
pub(crate) const BROKER_REFERENCE: Text =
    Text { noun: "a broker's name", example: "orders", check: not_empty, pattern: Some(NAME) };
pub(crate) const BROKER_URL: Text = Text {
    noun: "a URL",
    example: "nats://127.0.0.1:4222",
    check: url::broker,
    pattern: Some("^(nats|amqp)://[^?#]+$"),
};
pub(crate) const REDIS: Text = Text {
    noun: "a URL",
    example: "redis://127.0.0.1:6379/0",
    check: url::redis,
    pattern: Some("^redis://[^?#]+$"),
};
pub(crate) const ORIGIN: Text = Text {
    noun: "an origin",
    example: "https://www.example.go.kr",
    check: url::origin,
    pattern: Some(r"^(\*|https?://[^/?#]+)$"),
};
pub(crate) const FIELD: Text = Text {
    noun: "a header's name",
    example: "X-Request-Source",
    check: message::field,
    pattern: Some(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"),
};
pub(crate) const FIELD_VALUE: Text =
    Text { noun: "a text", example: "portal", check: message::field_value, pattern: None };
pub(crate) const FIELD_PATH: Text = Text {
    noun: "a field's path",
    example: "customer.name",
    check: message::field_path,
    pattern: Some(r"^[^.\[\]*]+(\.[^.\[\]*]+)*$"),
};
pub(crate) const FIELD_NAME: Text =
    Text { noun: "a field's name", example: "name", check: message::field_name, pattern: Some("^[^.]+$") };
pub(crate) const CALLBACK_HOST: Text = Text {
    noun: "a host",
    example: "*.example.go.kr",
    check: http::callback_host,
    pattern: Some(r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"),
};
pub(crate) const MASK: Text = Text {
    noun: "what to mask",
    example: "resident_number",
    check: message::mask,
    pattern: Some("^(resident_number|card|phone|account|email|/.+/)$"),
};
pub(crate) const MEDIA_TYPE: Text = Text {
    noun: "a media type",
    example: "text/html; charset=utf-8",
    check: message::media_type,
    pattern: Some("^[^/ ]+/[^/ ]+"),
};
pub(crate) const ELEMENT: Text = Text {
    noun: "an element's name",
    example: "Booking",
    check: message::element,
    pattern: Some("^[^ :<>]+$"),
};
pub(crate) const PREFIX: Text =
    Text { noun: "a prefix", example: "b", check: message::prefix, pattern: Some("^[^ :<>]*$") };
pub(crate) const NAMESPACE: Text = Text {
    noun: "a namespace",
    example: "urn:example:booking",
    check: message::namespace,
    pattern: Some("^[^ <>]+$"),
};
pub(crate) const GRPC_SERVICE: Text = Text {
    noun: "a gRPC service's full name",
    example: "booking.v1.Booking",
    check: message::grpc_service,
    pattern: Some(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"),
};
pub(crate) const WORD: Text =
    Text { noun: "a name", example: "BookingService", check: message::word, pattern: Some(r"^\S+$") };
pub(crate) const SUBJECT_NAME: Text =
    Text { noun: "a name", example: "orders.new", check: message::word, pattern: Some(r"^\S+$") };
pub(crate) const CALL: Text = Text {
    noun: "a method and a path",
    example: "POST /orders",
    check: message::call,
    pattern: Some("^[A-Z-]+ /[!-~]*$"),
};
pub(crate) const OPENAPI: Text =
    Text { noun: "a path", example: "api/booking.yaml", check: not_empty, pattern: Some(".") };
pub(crate) const WSDL: Text =
    Text { noun: "a path", example: "api/booking.wsdl", check: not_empty, pattern: Some(".") };
pub(crate) const DESCRIPTORS: Text =
    Text { noun: "a path", example: "api/booking.pb", check: not_empty, pattern: Some(".") };

/// What a name of `model` must be, for editors.
pub(crate) const ALERT_ITEM: Text =
    Text { noun: "an item's name", example: "slow-approval", check: name::link, pattern: Some(NAME) };
pub(crate) const WATCHED: Text = Text {
    noun: "what is watched",
    example: "function:booking-apply",
    check: notice::watched,
    pattern: Some(r"^(host|platform|(service|instance|function|link|outside):.+)$"),
};
pub(crate) const COVERED: Text = Text {
    noun: "what is covered",
    example: "service:booking",
    check: notice::owner,
    pattern: Some(r"^(host|platform|(service|instance|function|link|outside):.+)$"),
};
pub(crate) const ALERT_CONDITION: Text = Text {
    noun: "a condition",
    example: "p95 > 500ms for 2m",
    check: notice::condition,
    pattern: Some(
        r"^ *[^ <>]+ *([<>] *[^ ]+ +for +[0-9smh]+|will (reach|fall to) +[^ ]+ +within +[0-9smh]+|(is +)?anomalous) *$",
    ),
};
pub(crate) const CHANNEL: Text =
    Text { noun: "a channel's name", example: "ops", check: name::link, pattern: Some(NAME) };
pub(crate) const CHANNEL_REFERENCE: Text =
    Text { noun: "a channel's name", example: "ops", check: not_empty, pattern: Some(NAME) };
pub(crate) const REPORT_CHANNEL: Text =
    Text { noun: "a channel's name, or owners", example: "ops", check: not_empty, pattern: Some(NAME) };
pub(crate) const TIME_OF_DAY: Text = Text {
    noun: "a time of the day",
    example: "08:30",
    check: report::time_of_day,
    pattern: Some("^([01]?[0-9]|2[0-3]):[0-5][0-9]$"),
};
pub(crate) const AVAILABILITY: Text = Text {
    noun: "a share of requests",
    example: "99.95%",
    check: report::availability,
    pattern: Some(r"^[0-9]{1,3}(\.[0-9]{1,3})?%$"),
};
pub(crate) const CONSOLE_URL: Text = Text {
    noun: "a URL",
    example: "https://naru.example.go.kr",
    check: url::console,
    pattern: Some("^https?://[^ ]+$"),
};
pub(crate) const EMAIL: Text = Text {
    noun: "an e-mail address",
    example: "ops@example.go.kr",
    check: notice::email,
    pattern: Some("^[^@ ]+@[^@ ]+$"),
};
pub(crate) const NOTICE_URL: Text = Text {
    noun: "a URL",
    example: "https://hooks.example.com/services/{env:SLACK_KEY}",
    check: notice::filled_in,
    pattern: Some(r"^(https?://[^#]+|\{env:[^=}]+\})$"),
};
pub(crate) const MAIL_HOST: Text = Text {
    noun: "a host",
    example: "mail.example.go.kr",
    check: http::host,
    pattern: Some("^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"),
};
pub(crate) const PHONE: Text =
    Text { noun: "a number", example: "010-1234-5678", check: not_empty, pattern: Some(".") };

const NAME: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

fn anything(_: &str) -> Checked {
    Ok(())
}

fn condition(text: &str) -> Checked {
    crate::condition::parse(text).map(|_| ())
}

fn not_empty(text: &str) -> Checked {
    if text.trim().is_empty() {
        Err(Refusal::new("the text is empty", "write one, or leave the key out"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Checked;

    pub(super) fn all_good(check: fn(&str) -> Checked, texts: &[&str]) {
        for text in texts {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    pub(super) fn all_bad(check: fn(&str) -> Checked, texts: &[&str]) {
        for text in texts {
            let refusal = check(text).expect_err(text);
            assert!(refusal.help.is_some(), "{text}: nobody says what would be right");
        }
    }
}
