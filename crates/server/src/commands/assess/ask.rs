//! `naru assess ask`: one question after the other, in a terminal or from a pipe. Every answer is in the file before the next
//! question, so that nothing is lost whenever it ends.

use std::io::{self, BufRead, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use naru_assess::questionnaire::{Choice, Figure, Questionnaire, Refusal};
use naru_model::language::Language;

use super::files;

/// The longest line that is taken for an answer.
const LONGEST: u64 = 4096;

#[derive(Debug, Args)]
pub(super) struct AskArgs {
    /// The questionnaire; a new one where there is none
    file: PathBuf,
    /// ko or en; the questionnaire's own language when not given
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
    /// Ask what is answered already as well
    #[arg(long)]
    all: bool,
}

/// What a person wrote to a question.
enum Said {
    Line(String),
    /// Nothing: leave it as it is.
    Nothing,
    /// No more input, or `q`.
    End,
}

struct Asking<'a> {
    args: &'a AskArgs,
    q: Questionnaire,
    input: io::StdinLock<'static>,
}

pub(super) fn run(args: &AskArgs) -> Result<ExitCode> {
    let q = if args.file.exists() {
        match files::questionnaire(&args.file, args.lang)? {
            Some(q) => q,
            None => return Ok(files::bad_file()),
        }
    } else {
        let name = files::name_of(&args.file);
        Questionnaire::new(args.lang.unwrap_or_else(files::language), name.clone().as_str(), name)
    };
    let language = q.language;
    let mut asking = Asking { args, q, input: io::stdin().lock() };
    println!(
        "{}",
        language.pick(
            "빈 줄: 건너뜀(그대로 둠)  q: 그만둠. 답할 때마다 파일에 저장됨",
            "An empty line leaves it as it is, q ends. Each answer is kept at once",
        )
    );
    let finished = asking.all()?;
    asking.save()?;
    let file = args.file.display();
    println!(
        "{}",
        match finished {
            true => language.pick(
                format!("끝. 결과: naru assess verdict {file}"),
                format!("Done. The verdict: naru assess verdict {file}")
            ),
            false => language.pick(
                format!("저장됨. 이어서 하려면: naru assess ask {file}"),
                format!("Kept. To go on: naru assess ask {file}")
            ),
        }
    );
    Ok(ExitCode::SUCCESS)
}

impl Asking<'_> {
    /// Asks everything that is open; false when the person ended it.
    fn all(&mut self) -> Result<bool> {
        let language = self.q.language;
        if !self.args.file.exists() {
            match self.ask(language.pick("시스템 이름?", "What is the system called?"))? {
                Said::Line(line) => self.q.system = line,
                Said::Nothing => {}
                Said::End => return Ok(false),
            }
            self.save()?;
        }
        Ok(self.questions()? && self.figures()?)
    }

    fn questions(&mut self) -> Result<bool> {
        let language = self.q.language;
        let asked: Vec<_> = self.q.asked().map(|(question, answer)| (*question, answer.clone())).collect();
        for (i, (question, mut answer)) in asked.into_iter().enumerate() {
            if answer.choice != Choice::Unknown && !self.args.all {
                continue;
            }
            println!(
                "\n[{}/12] {}\n        {}",
                i + 1,
                question.text.of(language),
                question.indicator.of(language)
            );
            let now = answer.choice.word(language);
            let ask = language.pick(format!("예/아니오/모름 [{now}]"), format!("yes/no/unknown [{now}]"));
            match self.choice(&ask)? {
                Some(Some(choice)) => answer.choice = choice,
                Some(None) => {}
                None => return Ok(false),
            }
            self.put(question.key, &answer)?;
            if answer.choice != Choice::Unknown {
                match self.ask(language.pick(
                    "  근거 (문서명, 수치, 확인한 사람)",
                    "  evidence (a document, a figure, who said so)",
                ))? {
                    Said::Line(line) => answer.evidence = line,
                    Said::Nothing => {}
                    Said::End => return Ok(false),
                }
                self.put(question.key, &answer)?;
            }
        }
        Ok(true)
    }

    fn put(&mut self, key: &str, answer: &naru_assess::questionnaire::Answer) -> Result<()> {
        if let Some(place) = self.q.answer_mut(key) {
            place.clone_from(answer);
        }
        self.save()
    }

    fn figures(&mut self) -> Result<bool> {
        let language = self.q.language;
        println!("\n{}", language.pick("수치 (모르면 빈 줄)", "Figures (an empty line when not known)"));
        if self.q.public_service == Choice::Unknown || self.args.all {
            match self.choice(
                language
                    .pick("대국민 서비스인가? 예/아니오/모름", "Does it serve the public? yes/no/unknown"),
            )? {
                Some(choice) => self.q.public_service = choice.unwrap_or(self.q.public_service),
                None => return Ok(false),
            }
            self.save()?;
        }
        for figure in Figure::ALL {
            if self.q.figure(figure).is_some() && !self.args.all {
                continue;
            }
            let about = figure.about();
            let ask = format!("{} ({})", about.text.of(language), about.unit.of(language));
            loop {
                match self.ask(&ask)? {
                    Said::End => return Ok(false),
                    Said::Nothing => break,
                    Said::Line(line) => match figure.read(&line) {
                        Ok(value) => {
                            self.q.figures.insert(figure, value);
                            self.save()?;
                            break;
                        }
                        Err(what) => println!("  {}", what.of(language)),
                    },
                }
            }
        }
        Ok(true)
    }

    /// Asks until the answer is one; the inner nothing leaves it as it is, the outer one ends.
    fn choice(&mut self, question: &str) -> Result<Option<Option<Choice>>> {
        loop {
            match self.ask(question)? {
                Said::End => return Ok(None),
                Said::Nothing => return Ok(Some(None)),
                Said::Line(line) => match line.parse::<Choice>() {
                    Ok(choice) => return Ok(Some(Some(choice))),
                    Err(error) => println!("  {}", Refusal::from(error).of(self.q.language)),
                },
            }
        }
    }

    fn ask(&mut self, question: &str) -> Result<Said> {
        print!("{question}: ");
        io::stdout().flush()?;
        let mut bytes = Vec::new();
        io::Read::take(&mut self.input, LONGEST)
            .read_until(b'\n', &mut bytes)
            .context("can't read an answer")?;
        if bytes.is_empty() {
            println!();
            return Ok(Said::End);
        }
        let line = String::from_utf8_lossy(&bytes).trim().to_owned();
        Ok(match line.as_str() {
            "" => Said::Nothing,
            "q" => Said::End,
            _ => Said::Line(line),
        })
    }

    fn save(&self) -> Result<()> {
        files::replace(&self.args.file, self.q.write().as_bytes())
    }
}
