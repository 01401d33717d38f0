//! Why a request was not answered by its service: what the client is told, and whose fault it was.

use std::io;

use naru_model::record::Fault;

use crate::body;
use crate::http1::scan::Malformed;
use crate::lease::Failure;
use crate::policy::Refused;
use crate::service::Refusal;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the request is not well-formed: {0}")]
    Malformed(#[source] Malformed),
    #[error("the request's head did not come in time")]
    HeadTimedOut,
    #[error("the request's body did not come in time")]
    BodyTimedOut,
    #[error("the request's body is larger than allowed")]
    BodyTooLarge,
    #[error("the request's body could not be read")]
    Body(#[source] body::Error),
    #[error("the client has gone")]
    ClientGone,
    #[error("the client takes nothing of the answer")]
    ClientStalled,
    #[error("no route leads anywhere from this address")]
    NoRoute,
    #[error("{0}")]
    NotAdmitted(#[source] Refusal),
    #[error("the request took longer than its route allows")]
    TooLong,
    #[error("no connection to the instance")]
    Connect(#[source] io::Error),
    #[error("no connection to the instance in time")]
    ConnectTimedOut,
    #[error("the instance broke off before it answered")]
    Broken(#[source] body::Error),
    /// An HTTP/2 endpoint says so itself: it has not looked at the request, which may be sent again.
    #[error("the instance turned the request away unseen")]
    TurnedAway(#[source] h2::Error),
    #[error("the instance's answer is not HTTP: {0}")]
    BadAnswer(#[source] Malformed),
    #[error("the instance did not answer in time")]
    FirstByteTimedOut,
    #[error("the instance broke off in the middle of its answer")]
    Cut(#[source] body::Error),
    #[error("the instance stopped in the middle of its answer")]
    Stalled,
    /// By a policy.
    #[error("{0}")]
    Refused(#[source] Box<Refused>),
}

impl Error {
    /// What the client gets; 0: nothing, because it has gone.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Error::Malformed(Malformed::LineTooLong) => 414,
            Error::Malformed(Malformed::FieldsTooLarge | Malformed::TooManyFields) => 431,
            Error::Malformed(Malformed::Version) => 505,
            Error::Malformed(Malformed::Coding | Malformed::Method) => 501,
            Error::Malformed(Malformed::Expectation) => 417,
            Error::Malformed(Malformed::Syntax(_)) | Error::Body(_) => 400,
            Error::HeadTimedOut | Error::BodyTimedOut => 408,
            Error::BodyTooLarge => 413,
            Error::ClientGone | Error::ClientStalled => 0,
            Error::NoRoute => 404,
            Error::NotAdmitted(_) => 503,
            Error::Connect(error) if out_of_descriptors(error) => 503,
            Error::Connect(_)
            | Error::Broken(_)
            | Error::TurnedAway(_)
            | Error::BadAnswer(_)
            | Error::Cut(_) => 502,
            Error::TooLong | Error::ConnectTimedOut | Error::FirstByteTimedOut | Error::Stalled => 504,
            Error::Refused(refused) => refused.status,
        }
    }

    pub(crate) fn fault(&self) -> Fault {
        match self {
            Error::Malformed(_)
            | Error::HeadTimedOut
            | Error::BodyTimedOut
            | Error::BodyTooLarge
            | Error::Body(_)
            | Error::ClientGone
            | Error::ClientStalled
            | Error::NoRoute => Fault::Client,
            Error::NotAdmitted(Refusal::Broken) => Fault::Service,
            Error::NotAdmitted(_) => Fault::Platform,
            Error::Refused(refused) => match refused.status {
                503 => Fault::Platform,
                500.. => Fault::Service,
                _ => Fault::Client,
            },
            Error::Connect(error) if out_of_descriptors(error) => Fault::Platform,
            Error::TooLong
            | Error::Connect(_)
            | Error::ConnectTimedOut
            | Error::Broken(_)
            | Error::TurnedAway(_)
            | Error::BadAnswer(_)
            | Error::FirstByteTimedOut
            | Error::Cut(_)
            | Error::Stalled => Fault::Service,
        }
    }

    /// What it says of the endpoint; `None`: nothing.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Error::Connect(error) if out_of_descriptors(error) => None,
            Error::Connect(_) => Some(Failure::Connect),
            Error::ConnectTimedOut | Error::FirstByteTimedOut | Error::Stalled => Some(Failure::TimedOut),
            Error::Broken(_) | Error::Cut(_) => Some(Failure::Reset),
            Error::BadAnswer(_) => Some(Failure::BadAnswer),
            _ => None,
        }
    }

    /// Tells whether another attempt may go better, as far as it is allowed: the endpoint has said nothing yet. One that
    /// is frozen says nothing for as long as one that is slow; the attempts and the budget bound what is sent again.
    pub(crate) fn is_worth_another_attempt(&self) -> bool {
        match self {
            Error::Connect(error) => !out_of_descriptors(error),
            Error::ConnectTimedOut | Error::FirstByteTimedOut | Error::Broken(_) | Error::TurnedAway(_) => {
                true
            }
            _ => false,
        }
    }

    /// A word for each kind of refusal, stable for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Error::Malformed(_) => "malformed-request",
            Error::HeadTimedOut | Error::BodyTimedOut => "request-timeout",
            Error::BodyTooLarge => "body-too-large",
            Error::Body(_) => "broken-body",
            Error::ClientGone | Error::ClientStalled => "client-gone",
            Error::NoRoute => "no-route",
            Error::NotAdmitted(Refusal::Broken) => "link-broken",
            Error::NotAdmitted(_) => "overloaded",
            Error::Connect(_) | Error::ConnectTimedOut => "no-connection",
            Error::Broken(_) | Error::TurnedAway(_) | Error::Cut(_) => "broken-answer",
            Error::BadAnswer(_) => "bad-answer",
            Error::TooLong | Error::FirstByteTimedOut | Error::Stalled => "answer-timeout",
            Error::Refused(refused) => refused.word,
        }
    }

    /// Tells whether nobody was there who could have answered.
    pub(crate) fn is_for_want_of_service(&self) -> bool {
        !matches!(self, Error::Refused(_)) && matches!(self.fault(), Fault::Service | Fault::Platform)
    }

    /// Header fields that its answer has beside the usual ones.
    pub(crate) fn fields(&self) -> &[(&'static str, String)] {
        match self {
            Error::Refused(refused) => &refused.fields,
            _ => &[],
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Error::Refused(Box::new(refused))
    }
}

/// The machine's limit on open files, which is no fault of the endpoint's.
fn out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let limits = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::ADDRNOTAVAIL];
    error.raw_os_error().is_some_and(|code| limits.iter().any(|limit| limit.raw_os_error() == code))
}
