//! The sample application behind `naru app`: an application server as public agencies run them, in small.
//!
//! A fixed number of worker threads, each busy with one request for the whole service time; more requests wait in line,
//! as in Tomcat. So it is slow when it is overloaded and it can be scaled, which a server that answers at once could not
//! show. On purpose it can also be slow, hang, err, cut connections and crash: see [`control`].
//!
//! It knows nothing of naru but the environment that every service gets: `PORT`, `HOST`, `NARU_*`, and SIGTERM.

mod answer;
mod connection;
mod control;
mod journal;
mod mood;
mod poll;
mod queue;
mod work;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use naru_model::units::{Percent, parse_duration};
use rustix::process::Signal;

use answer::{Identity, Server};
use journal::Journal;

/// How `naru app` behaves.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Requests served at once, each by a thread of its own; more wait in line
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub workers: u16,
    /// How long each request takes
    #[arg(long, default_value = "50ms", value_parser = parse_duration)]
    pub service_time: Duration,
    /// How much shorter or longer it may take, evenly spread
    #[arg(long, default_value = "0s", value_parser = parse_duration)]
    pub jitter: Duration,
    /// How long it takes to start: until then it refuses connections
    #[arg(long, default_value = "0s", value_parser = parse_duration)]
    pub start_time: Duration,
    /// Keeps a core busy while it starts, as application servers do
    #[arg(long)]
    pub start_cpu: bool,
    /// Ends with an error instead of starting
    #[arg(long)]
    pub fail_start: bool,
    /// Processor that each request uses before its service time begins
    #[arg(long, default_value = "0s", value_parser = parse_duration)]
    pub cpu_time: Duration,
    /// How many of the requests are answered with 500
    #[arg(long, default_value = "0%")]
    pub err: Percent,
    /// Appends a line for each request before it is answered: method, target, the first 64 bytes of the body
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// The address it listens on
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// The port it listens on; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = 8000)]
    pub port: u16,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the application was told to fail at its start (--fail-start)")]
    FailStart,
    #[error("can't listen on {address}; is the port taken?")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("can't write the journal {path}", path = .path.display())]
    Journal {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("can't wait for signals")]
    Signals(#[source] io::Error),
    #[error("can't wait for connections")]
    Poll(#[source] io::Error),
    #[error("can't start a thread")]
    Thread(#[source] io::Error),
}

/// Serves until SIGTERM or SIGINT, then ends what is under way, and returns.
///
/// # Errors
/// When it can't start, or can't wait for connections any more.
pub fn run(options: &Options) -> Result<(), Error> {
    if options.start_cpu {
        work::until(Instant::now() + options.start_time);
    } else {
        std::thread::sleep(options.start_time);
    }
    if options.fail_start {
        return Err(Error::FailStart);
    }
    let address = SocketAddr::new(options.host, options.port);
    let listener = TcpListener::bind(address).map_err(|source| Error::Listen { address, source })?;
    let stop = stop_signal().map_err(Error::Signals)?;
    let identity = Identity::from_environment();
    if let Ok(address) = listener.local_addr() {
        println!("{} listens on {address} with {} workers", identity.instance, options.workers);
    }
    serve(options, identity, listener, stop)?;
    println!("ended in order");
    Ok(())
}

/// Serves from `listener` until `stop` can be read.
fn serve(
    options: &Options,
    identity: Identity,
    listener: TcpListener,
    stop: UnixStream,
) -> Result<(), Error> {
    let journal = options.journal.as_deref().map(Journal::open).transpose()?;
    let server = Arc::new(Server::new(options, identity, journal));
    let poller = Arc::new(poll::Poller::new(listener, stop).map_err(Error::Poll)?);
    for number in 0..options.workers {
        let (poller, server) = (poller.clone(), server.clone());
        thread(format!("worker-{number}"), move || poll::work(&poller, poller.requests(), &server))?;
    }
    let (handle, controlled) = (poller.clone(), server);
    thread("control".to_owned(), move || poll::work(&handle, handle.controls(), &controlled))?;
    poller.run().map_err(Error::Poll)
}

fn thread(name: String, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new().name(name).spawn(body).map(drop).map_err(Error::Thread)
}

/// Becomes readable at the first SIGTERM or SIGINT.
fn stop_signal() -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    for signal in [Signal::TERM, Signal::INT] {
        signal_hook::low_level::pipe::register(signal.as_raw(), write.try_clone()?)?;
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
