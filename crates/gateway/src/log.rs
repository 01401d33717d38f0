//! The few lines the process has to say about itself, on standard error, which the server keeps in `gateway.log`.

use std::fmt::Arguments;
use std::io::Write;

/// Writes one line with the time before it. Nobody is there to be told when that fails.
pub(crate) fn line(text: Arguments<'_>) {
    let now = jiff::Timestamp::now();
    let _ = writeln!(std::io::stderr().lock(), "{now:.3} {text}");
}
