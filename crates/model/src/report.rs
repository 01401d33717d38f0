//! A report that people hand on: what stands in it, not how it looks. Whoever knows something writes one; crate `report` renders it
//! for the terminal, as Markdown, HTML, PDF, DOCX and CSV, so that every report of naru has one look.

use crate::language::Language;

/// A report, in the order in which it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub language: Language,
    pub title: String,
    /// What the report is about and when it was made: name and value, in a box below the title.
    pub about: Vec<(String, String)>,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// `level`: 1 for a part, 2 for what is within it.
    Heading {
        level: u8,
        text: String,
    },
    Paragraph(String),
    List(Vec<String>),
    Table(Table),
    /// What the whole report comes to, in a box of its own.
    Result {
        tone: Tone,
        text: String,
    },
    Chart(Chart),
    Picture(Picture),
    /// Boxes in which people sign: the roles of those who do, as "Inspected by".
    Signatures(Vec<String>),
}

/// How good or bad something is. Never told by colour alone: the words beside it say so as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub head: Vec<String>,
    /// Each row has as many cells as the head.
    pub rows: Vec<Vec<Cell>>,
    /// Columns that stand at the right: those of numbers.
    pub right: Vec<usize>,
    /// How wide the columns are in proportion to each other, on paper. Empty: as their content wants.
    pub widths: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

/// Figures over an axis, told as data: the renderer chooses ticks, colours and the place of the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub caption: String,
    pub x: Axis,
    pub y: Axis,
    /// At most six; told apart by their look as well as by colour.
    pub series: Vec<Series>,
    /// Stretches of x that something happened in, shaded, with what it was: an outage, a rollout.
    pub spans: Vec<(f64, f64, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub label: String,
    pub unit: Unit,
    /// Where it begins and ends; what is not given follows the data. A y axis of figures that can't be negative begins at 0.
    pub from: Option<f64>,
    pub to: Option<f64>,
}

/// What the numbers of an axis are.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    /// A count or rate; written with thousands apart.
    Number,
    /// A share, 0 to 1, written in percent.
    Share,
    /// Seconds that something took, written as 250 ms, 1.5 s, 3 min.
    Duration,
    /// Seconds since 1970, written as a local time with this offset from UTC.
    Time { offset_seconds: i32 },
    /// The same where clocks are put forward or back: the offsets, each with the moment from which on it holds. The first holds from
    /// the beginning.
    Clock(Vec<(f64, i32)>),
    /// Places 0, 1, 2 … with these names.
    Names(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    pub mark: Mark,
    /// Plain: a colour of its own.
    pub tone: Tone,
    /// x and y, by x. A y that is not finite is a gap.
    pub points: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Line,
    /// Stays at a point's height until the next.
    Step,
    Bars,
    Dots,
    /// A line across, as a goal is drawn.
    Dashed,
}

/// Something drawn that no chart is: shapes on a sheet, in its own units, y downwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub caption: String,
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        fill: Color,
        edge: Option<Color>,
    },
    Circle {
        x: f64,
        y: f64,
        radius: f64,
        fill: Color,
    },
    /// A closed shape through these points.
    Polygon {
        points: Vec<(f64, f64)>,
        fill: Color,
    },
    Line {
        points: Vec<(f64, f64)>,
        color: Color,
        width: f64,
        dashed: bool,
    },
    Text {
        /// Of the base line, at the side that `anchor` says.
        x: f64,
        y: f64,
        text: String,
        size: f64,
        anchor: Anchor,
        color: Color,
        bold: bool,
        /// Read from below upwards.
        upwards: bool,
    },
}

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Report {
    pub fn new(language: Language, title: impl Into<String>) -> Report {
        Report { language, title: title.into(), about: Vec::new(), blocks: Vec::new() }
    }

    pub fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading { level, text: text.into() });
    }

    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Adds a list, unless it is empty.
    pub fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    pub fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }

    pub fn result(&mut self, tone: Tone, text: impl Into<String>) {
        self.blocks.push(Block::Result { tone, text: text.into() });
    }

    pub fn chart(&mut self, chart: Chart) {
        self.blocks.push(Block::Chart(chart));
    }
}

impl Table {
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Table {
        Table { head: head.into_iter().map(Into::into).collect(), ..Table::default() }
    }

    /// Adds a row; cells that are missing at its end are empty, what is too much is left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut row: Vec<Cell> = cells.into_iter().take(self.head.len()).collect();
        row.resize(self.head.len(), Cell::from(""));
        self.rows.push(row);
    }
}

impl Cell {
    pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }
}

impl<S: Into<String>> From<S> for Cell {
    fn from(text: S) -> Cell {
        Cell { text: text.into(), tone: Tone::Plain }
    }
}

impl Axis {
    /// An axis that follows its data.
    pub fn new(label: impl Into<String>, unit: Unit) -> Axis {
        Axis { label: label.into(), unit, from: None, to: None }
    }
}
