//! The combined format of NCSA httpd and Apache: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`.
//! Source: <https://httpd.apache.org/docs/2.4/mod/mod_log_config.html>.

use std::io::Write;

use naru_model::record::{Agent, RequestRecord};

/// What is written for a client that was gone before it was answered, as nginx does: every line has three digits there.
const GONE: u16 = 499;

/// Appends a line. `%u` is the registered client's name, times are in UTC.
pub(super) fn write(text: &mut Vec<u8>, record: &RequestRecord<'_>, caller: Option<&str>, agent: Agent<'_>) {
    let micros = i64::try_from(record.start.0).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
    let protocol = match record.protocol {
        10 => "HTTP/1.0",
        20 => "HTTP/2.0",
        _ => "HTTP/1.1",
    };
    let status = if record.status == 0 { GONE } else { record.status };
    let (client, caller, method) = (record.client, caller.unwrap_or("-"), record.method.as_str());
    let time = time.strftime("%d/%b/%Y:%H:%M:%S +0000");
    // Writing to memory does not fail.
    let _ = write!(text, "{client} - {caller} [{time}] \"{method} ");
    escape(text, record.target.as_bytes());
    let _ = write!(text, " {protocol}\" {status} ");
    match record.bytes_out {
        0 => text.push(b'-'),
        bytes => _ = write!(text, "{bytes}"),
    }
    for said in [agent.referer, agent.user_agent] {
        text.extend_from_slice(b" \"");
        match said {
            [] => text.push(b'-'),
            said => escape(text, said),
        }
        text.push(b'"');
    }
    text.push(b'\n');
}

/// As Apache does: nothing that a client sends ends a field or a line, or moves a terminal's cursor.
fn escape(text: &mut Vec<u8>, said: &[u8]) {
    for byte in said {
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', *byte]),
            b' '..=b'~' => text.push(*byte),
            other => _ = write!(text, "\\x{other:02x}"),
        }
    }
}
