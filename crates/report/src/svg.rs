//! Shapes as an `<svg>` element: no script, no style, nothing from outside, so that it can stand in any HTML.

use std::fmt::Write;

use naru_model::report::{Anchor, Color, Picture, Shape};

use crate::xml::escape;

/// The element; its text is real text, which can be found and read aloud.
pub(crate) fn draw(picture: &Picture) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
        Number(picture.width),
        Number(picture.height),
        escape(&picture.caption)
    );
    for shape in &picture.shapes {
        one(&mut svg, shape);
    }
    svg + "</svg>"
}

// Writing into a string can't fail, here and below.
fn one(svg: &mut String, shape: &Shape) {
    let _ = match shape {
        Shape::Rect { x, y, width, height, fill, edge } => {
            let edge = edge.map_or(String::new(), |edge| format!(" stroke=\"{}\"", Hex(edge)));
            writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{edge}/>",
                Number(*x),
                Number(*y),
                Number(*width),
                Number(*height),
                Hex(*fill)
            )
        }
        Shape::Circle { x, y, radius, fill } => writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>",
            Number(*x),
            Number(*y),
            Number(*radius),
            Hex(*fill)
        ),
        Shape::Polygon { points: at, fill } => {
            writeln!(svg, "<polygon points=\"{}\" fill=\"{}\"/>", points(at), Hex(*fill))
        }
        Shape::Line { points: at, color, width, dashed } => writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{}/>",
            points(at),
            Hex(*color),
            Number(*width),
            if *dashed { " stroke-dasharray=\"6 4\"" } else { "" }
        ),
        Shape::Text { x, y, text, size, anchor, color, bold, upwards } => {
            let (x, y) = (Number(*x), Number(*y));
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            let bold = if *bold { " font-weight=\"600\"" } else { "" };
            let turned = if *upwards { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
            writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{anchor}{bold}{turned}>{}</text>",
                Number(*size),
                Hex(*color),
                escape(text)
            )
        }
    };
}

fn points(points: &[(f64, f64)]) -> String {
    let one = |(x, y): &(f64, f64)| format!("{},{}", Number(*x), Number(*y));
    points.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A length to a hundredth; what is no number is 0, for an attribute of SVG has to be one.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = if self.0.is_finite() { (self.0 * 100.0).round() / 100.0 } else { 0.0 };
        // Minus nothing is nothing.
        write!(f, "{}", hundredths + 0.0)
    }
}

struct Hex(Color);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Color(red, green, blue) = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
