use super::*;

/// Writes its name behind bodies, on the way there and back, or does what else it is told to.
#[derive(Debug, Clone, Copy)]
struct Mark(char, Does);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Pass,
    Whole,
    Stream,
    /// Answers itself.
    Answer,
    /// Refuses the request, the answer's head, or the answer.
    Refuse,
    RefuseHead,
    RefuseWhole,
}

fn refusal() -> Refusal {
    Refusal { status: 502, detail: "no".to_owned() }
}

impl Shape for Mark {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        request.body.extend(self.0.to_string().bytes());
        match self.1 {
            Does::Answer => {
                Ok(Converted::Answer(Response { status: 200, body: request.body, ..Response::default() }))
            }
            Does::Refuse => Err(refusal()),
            _ => Ok(Converted::Send(request, Box::new(*self))),
        }
    }
}

impl Answering for Mark {
    fn head(&mut self, head: &Response) -> Result<Flow, Refusal> {
        let mut head = head.clone();
        head.status += 1;
        match self.1 {
            Does::Whole | Does::RefuseWhole => Ok(Flow::Whole),
            Does::Stream => Ok(Flow::Stream(head)),
            Does::RefuseHead => Err(refusal()),
            _ => Ok(Flow::Pass),
        }
    }

    fn whole(&mut self, mut response: Response) -> Result<Response, Refusal> {
        if self.1 == Does::RefuseWhole {
            return Err(refusal());
        }
        response.status += 1;
        response.body.extend(self.0.to_string().bytes());
        Ok(response)
    }

    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self, _: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend(self.0.to_string().bytes());
        Ok(())
    }
}

fn chain(shapes: &[(char, Does)]) -> Arc<dyn Shape> {
    let shapes = shapes.iter().map(|&(name, does)| Arc::new(Mark(name, does)) as Arc<dyn Shape>);
    Chain::of(shapes.collect()).unwrap()
}

/// What the client gets of an answer `x`, as the gateway would ask for it: how, and which status and body.
fn answered(shapes: &[(char, Does)]) -> Result<(&'static str, u16, String), Refusal> {
    let mut answering = match chain(shapes).request(Request::default())? {
        Converted::Answer(response) => {
            return Ok(("early", response.status, String::from_utf8(response.body).unwrap()));
        }
        Converted::Send(_, answering) => answering,
    };
    let head = Response { status: 200, ..Response::default() };
    let mut body = Vec::new();
    let (how, status) = match answering.head(&head)? {
        Flow::Pass => return Ok(("passed", 200, String::new())),
        Flow::Whole => {
            let response = answering.whole(Response { body: b"x".to_vec(), ..head })?;
            body = response.body;
            ("whole", response.status)
        }
        Flow::Stream(head) => {
            answering.data(b"x", &mut body)?;
            answering.end(&Headers::new(), &mut body)?;
            ("streamed", head.status)
        }
    };
    Ok((how, status, String::from_utf8(body).unwrap()))
}

#[test]
fn requests_pass_from_the_first_and_answers_from_the_last() {
    let Ok(Converted::Send(request, _)) =
        chain(&[('a', Does::Pass), ('b', Does::Pass)]).request(Request::default())
    else {
        panic!("not sent")
    };
    assert_eq!(request.body, b"ab");
    let told = |how, status, body: &str| Ok((how, status, body.to_owned()));
    assert_eq!(answered(&[('a', Does::Pass), ('b', Does::Pass)]), told("passed", 200, ""));
    assert_eq!(answered(&[('a', Does::Whole), ('b', Does::Whole)]), told("whole", 202, "xba"));
    assert_eq!(
        answered(&[('a', Does::Stream), ('b', Does::Pass), ('c', Does::Stream)]),
        told("streamed", 202, "xca")
    );
    assert_eq!(answered(&[('a', Does::Whole), ('b', Does::Stream)]), told("whole", 202, "xba"));
    assert_eq!(
        answered(&[('a', Does::Stream), ('b', Does::Whole), ('c', Does::Stream)]),
        told("whole", 203, "xcba")
    );
}

#[test]
fn an_early_answer_is_told_as_any_other() {
    assert_eq!(answered(&[('a', Does::Whole), ('b', Does::Answer)]), Ok(("early", 201, "aba".to_owned())));
}

#[test]
fn a_refusal_is_told_by_those_before_who_can() {
    for refuses in [Does::Refuse, Does::RefuseHead, Does::RefuseWhole] {
        assert_eq!(answered(&[('a', Does::Pass), ('b', refuses)]), Err(refusal()), "{refuses:?}");
        let (_, status, body) = answered(&[('a', Does::Whole), ('b', Does::Pass), ('c', refuses)]).unwrap();
        assert_eq!(status, 503);
        assert_eq!(body, r#"{"status":502,"title":"Bad Gateway","detail":"no"}a"#);
    }
}
