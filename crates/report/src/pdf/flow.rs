//! Puts pieces on pages: none is broken, what must stay with the next does, and the head of a table comes again on each page.

use std::rc::Rc;

use naru_model::report::Shape;

use super::HEIGHT;

/// What no page breaks. Places are from its upper left corner, in points, y downwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// Space above and below, of which the larger counts between two; none at the top of a page.
    pub(super) above: f64,
    pub(super) below: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    /// Stands on the same page as the next.
    pub(super) keep: bool,
    /// What stands above it where it begins a page.
    pub(super) head: Option<Rc<Piece>>,
    /// What stands in its place where it would not fit on the page any more and this does.
    pub(super) lower: Option<Box<Piece>>,
    /// A heading, which readers jump to.
    pub(super) heading: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) shapes: Vec<Shape>,
    /// Headings with how far below the upper margin they stand.
    pub(super) headings: Vec<(String, f64)>,
}

struct Flow {
    pages: Vec<Page>,
    page: Page,
    /// Where the page is filled to.
    y: f64,
    below: f64,
}

/// At least one page.
pub(super) fn pages(pieces: Vec<Piece>) -> Vec<Page> {
    let mut flow = Flow { pages: Vec::new(), page: Page::default(), y: 0.0, below: 0.0 };
    let mut rest = pieces.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut together = vec![first];
        while together.last().is_some_and(|piece| piece.keep) {
            let Some(next) = rest.next() else { break };
            together.push(next);
        }
        flow.put(together);
    }
    flow.pages.push(flow.page);
    flow.pages
}

impl Flow {
    fn put(&mut self, mut together: Vec<Piece>) {
        let gaps: f64 = together.windows(2).map(|two| two[0].below.max(two[1].above)).sum();
        let mut height = together.iter().map(|piece| piece.height).sum::<f64>() + gaps;
        let above = self.gap(&together[0]);
        if let Some(last) = together.last_mut()
            && let Some(lower) = last.lower.take()
        {
            let with_it = height - last.height + lower.height;
            let fits = |height: f64| self.y + above + height <= HEIGHT;
            if !fits(height) && fits(with_it) {
                (height, *last) = (with_it, *lower);
            }
        }
        // What is longer than a page can't be kept together.
        if height <= HEIGHT && self.y > 0.0 && self.y + above + height > HEIGHT {
            self.turn();
        }
        for piece in together {
            if self.y > 0.0 && self.y + self.gap(&piece) + piece.height > HEIGHT {
                self.turn();
            }
            if self.y <= 0.0
                && let Some(head) = &piece.head
            {
                let head = Piece::clone(head);
                self.place(head);
            }
            self.place(piece);
        }
    }

    fn gap(&self, piece: &Piece) -> f64 {
        if self.y > 0.0 { self.below.max(piece.above) } else { 0.0 }
    }

    fn turn(&mut self) {
        self.pages.push(std::mem::take(&mut self.page));
        (self.y, self.below) = (0.0, 0.0);
    }

    fn place(&mut self, piece: Piece) {
        self.y += self.gap(&piece);
        self.page.headings.extend(piece.heading.map(|heading| (heading, self.y)));
        let y = self.y;
        self.page.shapes.extend(piece.shapes.into_iter().map(|shape| moved(shape, (0.0, y), 1.0)));
        self.y += piece.height;
        self.below = piece.below;
    }
}

/// A shape, scaled and then moved.
pub(super) fn moved(shape: Shape, (dx, dy): (f64, f64), scale: f64) -> Shape {
    let all = |points: Vec<(f64, f64)>| {
        points.into_iter().map(|(x, y)| (x * scale + dx, y * scale + dy)).collect::<Vec<_>>()
    };
    match shape {
        Shape::Rect { x, y, width, height, fill, edge } => Shape::Rect {
            x: x * scale + dx,
            y: y * scale + dy,
            width: width * scale,
            height: height * scale,
            fill,
            edge,
        },
        Shape::Circle { x, y, radius, fill } => {
            Shape::Circle { x: x * scale + dx, y: y * scale + dy, radius: radius * scale, fill }
        }
        Shape::Polygon { points, fill } => Shape::Polygon { points: all(points), fill },
        Shape::Line { points, color, width, dashed } => {
            Shape::Line { points: all(points), color, width: width * scale, dashed }
        }
        Shape::Text { x, y, text, size, anchor, color, bold, upwards } => Shape::Text {
            x: x * scale + dx,
            y: y * scale + dy,
            text,
            size: size * scale,
            anchor,
            color,
            bold,
            upwards,
        },
    }
}
