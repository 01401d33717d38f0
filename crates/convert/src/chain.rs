//! Several shapes in a row, as one: requests pass through from the first to the last, answers from the last to the first.

use std::mem;
use std::sync::Arc;

use naru_model::message::{Answering, Converted, Flow, Headers, Refusal, Request, Response, Shape};
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
    /// When one of them refuses or answers, those before it still turn that into what the client speaks.
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        let mut passed = Passed(Vec::with_capacity(self.0.len()));
        for shape in &self.0 {
            let early = match shape.request(request) {
                Ok(Converted::Send(next, answering)) => {
                    request = next;
                    passed.0.push(Stage { answering, flow: Kept::Unasked });
                    continue;
                }
                Ok(Converted::Answer(response)) => response,
                Err(refusal) if passed.0.is_empty() => return Err(refusal),
                Err(refusal) => Problem::new(refusal.status, refusal.detail).response(None),
            };
            return Ok(Converted::Answer(passed.back(early)?));
        }
        Ok(Converted::Send(request, Box::new(passed)))
    }
}

/// What the shapes of a chain do with one answer; the last is the next to take it.
struct Passed(Vec<Stage>);

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
}

impl Stage {
    fn ask(&mut self, head: &Response) -> Result<(), Refusal> {
        self.flow = match self.answering.head(head)? {
            Flow::Pass => Kept::Pass,
            Flow::Whole => Kept::Whole,
            Flow::Stream(head) => Kept::Stream(head),
        };
        Ok(())
    }
}

impl Passed {
    /// Gives a whole response to all stages, and asks first those that have not seen its head yet.
    fn back(&mut self, mut response: Response) -> Result<Response, Refusal> {
        for stage in self.0.iter_mut().rev() {
            if matches!(stage.flow, Kept::Unasked) {
                let headers = response.headers.clone();
                stage.ask(&Response { status: response.status, headers, ..Response::default() })?;
            }
            match &mut stage.flow {
                Kept::Unasked | Kept::Pass => {}
                Kept::Whole => response = stage.answering.whole(response)?,
                Kept::Stream(head) => {
                    let mut body = Vec::new();
                    stage.answering.data(&response.body, &mut body)?;
                    stage.answering.end(&response.trailers, &mut body)?;
                    response = Response { body, ..mem::take(head) };
                }
            }
        }
        Ok(response)
    }

    fn streaming(&mut self) -> impl Iterator<Item = &mut Stage> {
        self.0.iter_mut().rev().filter(|stage| matches!(stage.flow, Kept::Stream(_)))
    }
}

impl Answering for Passed {
    /// As soon as one of them wants the whole answer, all do; those behind it see its head first then.
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        let mut said = head;
        let mut changed = false;
        for stage in self.0.iter_mut().rev() {
            stage.ask(said)?;
            match &stage.flow {
                Kept::Unasked | Kept::Pass => {}
                Kept::Whole => return Ok(Flow::Whole),
                Kept::Stream(head) => {
                    said = head;
                    changed = true;
                }
            }
        }
        Ok(if changed { Flow::Stream(said.clone()) } else { Flow::Pass })
    }

    fn whole(&mut self, response: Response) -> Result<Response, Refusal> {
        self.back(response)
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
