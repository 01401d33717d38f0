//! What is done to an answer's body on its way to the client, piece by piece: converted, kept for others, coded.
//!
//! A source round a source, so that whoever pumps it knows nothing of it; a slow client still slows the endpoint.

use std::task::{Context, Poll, ready};

use naru_model::message::{Answering, Headers};

use super::cached::Filling;
use crate::body::{Error, Piece, Source};
use crate::head::Fields;
use crate::policy::Coder;

/// What is done to one answer's body; nothing by default.
#[derive(Default)]
pub(super) struct Stages {
    pub(super) answering: Option<Box<dyn Answering>>,
    /// What is kept of it for others.
    pub(super) filling: Option<Filling>,
    pub(super) coder: Option<Coder>,
    /// Converted, and not coded yet.
    converted: Vec<u8>,
    /// Ready for the client: `out[taken..]`.
    out: Vec<u8>,
    taken: usize,
    /// The source's end has been passed on.
    ended: bool,
    no_trailers: Fields,
}

impl std::fmt::Debug for Stages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stages").field("converts", &self.answering.is_some()).finish_non_exhaustive()
    }
}

impl Stages {
    pub(super) fn are_none(&self) -> bool {
        self.answering.is_none() && self.filling.is_none() && self.coder.is_none()
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Error> {
        let data = match &mut self.answering {
            Some(answering) => {
                self.converted.clear();
                answering.data(data, &mut self.converted).map_err(Error::Converting)?;
                &self.converted
            }
            None => data,
        };
        if self.filling.as_mut().is_some_and(|filling| !filling.take(data)) {
            self.filling = None;
        }
        match &mut self.coder {
            Some(coder) => coder.write(data, &mut self.out).map_err(Error::Io),
            None => {
                self.out.extend_from_slice(data);
                Ok(())
            }
        }
    }

    fn end(&mut self, trailers: &Fields) -> Result<(), Error> {
        self.ended = true;
        if let Some(answering) = &mut self.answering {
            self.converted.clear();
            answering.end(&headers(trailers), &mut self.converted).map_err(Error::Converting)?;
            if self.filling.as_mut().is_some_and(|filling| !filling.take(&self.converted)) {
                self.filling = None;
            }
            match &mut self.coder {
                Some(coder) => coder.write(&self.converted, &mut self.out).map_err(Error::Io)?,
                None => self.out.extend_from_slice(&self.converted),
            }
        }
        if let Some(filling) = self.filling.take() {
            filling.finish();
        }
        match self.coder.as_mut() {
            Some(coder) => coder.finish(&mut self.out).map_err(Error::Io),
            None => Ok(()),
        }
    }

    fn is_empty(&self) -> bool {
        self.taken == self.out.len()
    }
}

/// Fields as conversions see them.
pub(super) fn headers(fields: &Fields) -> Headers {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    fields.iter().map(|(_, name, value)| (text(name).to_ascii_lowercase(), text(value))).collect()
}

/// A body that goes through its stages.
pub(super) struct Through<'s, S> {
    pub(super) source: &'s mut S,
    pub(super) stages: &'s mut Stages,
}

impl<S: Source> Source for Through<'_, S> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Error>> {
        let Through { source, stages } = self;
        loop {
            if !stages.is_empty() {
                return Poll::Ready(Ok(Piece::Data { last: stages.ended }));
            }
            if stages.ended {
                return Poll::Ready(Ok(Piece::End));
            }
            stages.out.clear();
            stages.taken = 0;
            let polled = source.poll_piece(cx);
            if polled.is_pending()
                && let Some(coder) = &mut stages.coder
            {
                // What came so far must not wait in the coder for what does not come.
                coder.flush(&mut stages.out).map_err(Error::Io)?;
                if !stages.is_empty() {
                    continue;
                }
            }
            match ready!(polled)? {
                Piece::Data { .. } => {
                    let length = source.data().len();
                    stages.take(source.data())?;
                    source.consume(length);
                }
                Piece::End => stages.end(source.trailers())?,
            }
        }
    }

    fn data(&self) -> &[u8] {
        &self.stages.out[self.stages.taken..]
    }

    fn consume(&mut self, bytes: usize) {
        self.stages.taken = (self.stages.taken + bytes).min(self.stages.out.len());
    }

    /// Of a converted answer the conversion has put them where its client looks for them.
    fn trailers(&self) -> &Fields {
        match &self.stages.answering {
            Some(_) => &self.stages.no_trailers,
            None => self.source.trailers(),
        }
    }
}
