//! A mail server that others wrote: aiosmtpd from PyPI. It takes everything and tells what came.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// The slowest mail that is waited for tells of an alert.
const PATIENCE: Duration = Duration::from_secs(120);

/// It ends when it is dropped.
pub struct Mail {
    server: Child,
    port: u16,
    mails: Receiver<String>,
}

impl Mail {
    /// Starts one of `tests/peers/mail`, where `tests` is, installed below `place`.
    pub fn start(tests: &Path, place: &Path) -> Mail {
        let (peers, place) = (tests.join("peers"), place.join("mail"));
        let installed = Command::new(peers.join("install")).arg(peers.join("mail")).arg(&place).status();
        assert!(installed.unwrap().success(), "aiosmtpd can't be installed from PyPI");
        let mut server = Command::new(place.join("venv/bin/python"))
            .arg(peers.join("mail/server.py"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let (say, mails) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut mail = Mail { server, port: 0, mails };
        mail.port = mail.line().parse().unwrap();
        mail
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn line(&self) -> String {
        self.mails.recv_timeout(PATIENCE).expect("no mail comes")
    }

    /// Waits for the next mail: `from`, `to`, `subject`, `text` and `files` that it brings.
    pub fn next(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
