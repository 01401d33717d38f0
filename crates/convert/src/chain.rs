//! Several shapes in a row, as one: requests pass through from the first to the last, answers from the last to the first.

#[cfg(test)]
mod tests;

use std::mem;
use std::sync::Arc;

use naru_model::message::{Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape, header};
use naru_model::problem::Problem;

/// The first is next to the client, the last next to the service.
#[derive(Debug)]
pub struct Chain(Vec<Arc<dyn Shape>>);

impl Chain {
    /// One shape for all; the only one as it is, and none for none.
    pub fn of(mut shapes: Vec<Arc<dyn Shape>>) -> Option<Arc<dyn Shape>> {
        if shapes.len() > 1 {
            return Some(Arc::new(Chain(shapes)));
        }
        shapes.pop()
    }
}

impl Shape for Chain {
    fn passes(&self, head: &Request) -> bool {
        self.0.iter().all(|shape| shape.passes(head))
    }

    /// When one of them refuses or answers, those before it still turn that into what the client speaks.
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        let accept = header(&request.headers, "accept").map(str::to_owned);
        let mut passed = Passed { stages: Vec::with_capacity(self.0.len()), accept };
        for shape in &self.0 {
            let early = match shape.request(request) {
                Ok(Converted::Send(next, answering)) => {
                    request = next;
                    passed.stages.push(Stage { answering, flow: Kept::Unasked });
                    continue;
                }
                Ok(Converted::Answer(response)) => Ok(response),
                Err(refusal) => Err(refusal),
            };
            return Ok(Converted::Answer(passed.back(early)?));
        }
        Ok(Converted::Send(request, Box::new(passed)))
    }
}

/// What the shapes of a chain do with one answer; the last is the next to take it.
struct Passed {
    stages: Vec<Stage>,
    /// Of the client.
    accept: Option<String>,
}

struct Stage {
    answering: Box<dyn Answering>,
    flow: Kept,
}

enum Kept {
    Unasked,
    Pass,
    Whole,
    /// With the head that the stage has said.
    Stream(Response),
    /// The stage could not take the head.
    Refused(Refusal),
}

impl Stage {
    fn ask(&mut self, head: &Response) {
        self.flow = match self.answering.head(head) {
            Ok(Flow::Pass) => Kept::Pass,
            Ok(Flow::Whole) => Kept::Whole,
            Ok(Flow::Stream(head)) => Kept::Stream(head),
            Err(refusal) => Kept::Refused(refusal),
        };
    }

    /// Takes a whole response, and asks first if that has not been done.
    fn take(&mut self, response: Response) -> Result<Response, Refusal> {
        if matches!(self.flow, Kept::Unasked) {
            let headers = response.headers.clone();
            self.ask(&Response { status: response.status, headers, ..Response::default() });
        }
        match &mut self.flow {
            Kept::Unasked | Kept::Pass => Ok(response),
            Kept::Whole => self.answering.whole(response),
            Kept::Stream(head) => {
                let mut body = Vec::new();
                self.answering.data(&response.body, &mut body)?;
                self.answering.end(&response.trailers, &mut body)?;
                Ok(Response { body, ..mem::take(head) })
            }
            Kept::Refused(refusal) => Err(refusal.clone()),
        }
    }
}

impl Passed {
    /// Gives a whole response to all stages. A refusal goes on to those before who refused, as the problem document that the
    /// gateway would make of it; it stays a refusal when none of them does anything with that.
    fn back(&mut self, first: Result<Response, Refusal>) -> Result<Response, Refusal> {
        let mut result = first;
        for stage in self.stages.iter_mut().rev() {
            result = match result {
                Ok(response) => stage.take(response),
                Err(refusal) => {
                    let document = Problem::new(refusal.status, refusal.detail.as_str());
                    // Whatever the stage was asked before, this is another answer.
                    stage.flow = Kept::Unasked;
                    let told = stage.take(document.response(self.accept.as_deref()));
                    if matches!(stage.flow, Kept::Pass) { Err(refusal) } else { told }
                }
            };
        }
        result
    }

    fn streaming(&mut self) -> impl Iterator<Item = &mut Stage> {
        self.stages.iter_mut().rev().filter(|stage| matches!(stage.flow, Kept::Stream(_)))
    }
}

impl Answering for Passed {
    /// As soon as one of them wants the whole answer, all do; those before it see its head first then.
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        let mut said = head;
        let mut changed = false;
        for stage in self.stages.iter_mut().rev() {
            stage.ask(said);
            match &stage.flow {
                Kept::Unasked | Kept::Pass => {}
                Kept::Whole | Kept::Refused(_) => return Ok(Flow::Whole),
                Kept::Stream(head) => {
                    said = head;
                    changed = true;
                }
            }
        }
        Ok(if changed { Flow::Stream(said.clone()) } else { Flow::Pass })
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        self.back(Ok(response))
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let mut piece: Option<Vec<u8>> = None;
        for stage in self.streaming() {
            let mut next = Vec::new();
            stage.answering.data(piece.as_deref().unwrap_or(data), &mut next)?;
            piece = Some(next);
        }
        out.extend_from_slice(piece.as_deref().unwrap_or(data));
        Ok(())
    }

    fn end(&mut self, trailers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let mut last: Vec<u8> = Vec::new();
        let mut outermost = trailers;
        let none = Headers::new();
        for stage in self.streaming() {
            let mut next = Vec::new();
            stage.answering.data(&last, &mut next)?;
            stage.answering.end(outermost, &mut next)?;
            // Who has taken the trailers has told them in the body.
            outermost = &none;
            last = next;
        }
        out.extend_from_slice(&last);
        Ok(())
    }
}
