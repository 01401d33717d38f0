//! From bytes to an [`Element`]: `quick-xml` finds the tags, what it is lenient about is checked here.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::attribute::{attributes, reference, shortened};
use super::character::{is_char, is_name, is_space};
use super::encoding::text;
use super::{Attribute, Element, Error, Fault, Name, Node, Scope, XML, XMLNS};

/// What one document may take. With the defaults, a tree takes at most some 50 MB, however the document is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Default 16 MiB.
    pub bytes: usize,
    /// Elements inside each other. Default 100.
    pub depth: usize,
    /// Elements, attributes and texts together. Default 200,000.
    pub nodes: usize,
    /// Of one element, declarations among them. Default 128.
    pub attributes: usize,
    /// Namespace declarations in force at once. Default 256.
    pub declarations: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 16 << 20, depth: 100, nodes: 200_000, attributes: 128, declarations: 256 }
    }
}

/// Reads a document within the default [`Limits`].
///
/// # Errors
/// It is not well-formed XML 1.0 in UTF-8 or EUC-KR with namespaces, has a DTD, or is past a limit.
pub fn read(document: &[u8]) -> Result<Element, Error> {
    read_within(document, None, Limits::default())
}

/// Reads a document whose content type says this `charset`.
///
/// # Errors
/// As [`read`]; or the document says another.
pub fn read_said(document: &[u8], charset: Option<&str>) -> Result<Element, Error> {
    read_within(document, charset, Limits::default())
}

/// # Errors
/// As [`read_said`].
pub fn read_within(document: &[u8], charset: Option<&str>, limits: Limits) -> Result<Element, Error> {
    if document.len() > limits.bytes {
        return Err(located(document, limits.bytes, Fault::TooLarge(limits.bytes)));
    }
    let text = text(document, charset).map_err(|(at, fault)| located(document, at, fault))?;
    // A second byte order mark is text; `quick-xml` would pass over it.
    if text.starts_with('\u{FEFF}') {
        return Err(located(text.as_bytes(), 0, Fault::Outside));
    }
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::new(limits);
    loop {
        let at = reader.buffer_position() as usize;
        let event = reader.read_event();
        let event = event.map_err(|error| {
            let at = (reader.error_position() as usize).max(at);
            located(text.as_bytes(), at, Fault::Malformed(error.to_string()))
        })?;
        let end = matches!(event, Event::Eof);
        tree.line += line_ends(&text.as_bytes()[tree.counted.min(at)..at]);
        tree.counted = at;
        tree.take(event, at == 0).map_err(|fault| located(text.as_bytes(), at, fault))?;
        if end {
            return tree.root.ok_or_else(|| located(text.as_bytes(), text.len(), Fault::Empty));
        }
    }
}

fn line_ends(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| u32::from(byte == b'\n')).sum()
}

fn located(document: &[u8], at: usize, fault: Fault) -> Error {
    let before = &document[..at.min(document.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&before[start..]).trim_start_matches('\u{FEFF}').chars().count() + 1;
    Error { line, column, fault }
}

/// The part of the document read so far.
struct Tree {
    limits: Limits,
    root: Option<Element>,
    /// Elements that are not closed yet, with their names as written.
    open: Vec<Element>,
    nodes: usize,
    /// Prefixes and namespaces in force, the nearest last.
    bindings: Vec<(Arc<str>, Arc<str>)>,
    /// How many of them each open element found when it came.
    marks: Vec<usize>,
    /// Each name once in memory, however often it stands in the document.
    names: HashMap<String, Arc<str>>,
    line: u32,
    counted: usize,
}

impl Tree {
    fn new(limits: Limits) -> Tree {
        Tree {
            limits,
            root: None,
            open: Vec::new(),
            nodes: 0,
            bindings: vec![(Arc::from("xml"), Arc::from(XML))],
            marks: Vec::new(),
            names: HashMap::new(),
            line: 1,
            counted: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, first: bool) -> Result<(), Fault> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => {
                self.start(&start)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(&text, false),
            Event::CData(text) => self.text(&text, true),
            Event::GeneralRef(name) => {
                let c = reference(&name)?;
                self.push(c.encode_utf8(&mut [0; 4]))
            }
            Event::Comment(comment) => legal(&comment),
            Event::PI(instruction) => {
                let target = instruction.target();
                if !is_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(Fault::Name(shortened(target)));
                }
                legal(&instruction)
            }
            Event::Decl(declaration) if first => declared(&declaration),
            Event::Decl(_) => Err(Fault::Malformed("an XML declaration may only stand first".to_owned())),
            Event::DocType(_) => Err(Fault::Doctype),
            Event::Eof => match self.open.last() {
                Some(open) => Err(Fault::Unclosed(shortened(&open.name.local))),
                None => Ok(()),
            },
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::Outside);
        }
        if self.open.len() == self.limits.depth {
            return Err(Fault::TooDeep(self.limits.depth));
        }
        self.count()?;
        let raw = attributes(start.attributes_raw(), self.limits.attributes)?;
        self.marks.push(self.bindings.len());
        let mut scope = self.open.last().and_then(|parent| parent.scope.clone());
        let mut own = Vec::new();
        for attribute in &raw {
            if let Some(prefix) = declared_prefix(attribute.name) {
                own.push(self.declare(prefix, &attribute.value, &own)?);
            }
        }
        if !own.is_empty() {
            scope = Some(Arc::new(Scope { declared: own, parent: scope }));
        }
        let name = self.name(start.name().0, false)?;
        let mut element =
            Element { name, attributes: Vec::new(), children: Vec::new(), scope, line: self.line };
        for attribute in raw.into_iter().filter(|attribute| declared_prefix(attribute.name).is_none()) {
            self.count()?;
            let name = self.name(attribute.name, true)?;
            if element.attributes.iter().any(|there| there.name == name) {
                return Err(Fault::Duplicate(shortened(attribute.name)));
            }
            element.attributes.push(Attribute { name, value: attribute.value.into_owned() });
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) {
        let (Some(element), Some(mark)) = (self.open.pop(), self.marks.pop()) else { return };
        self.bindings.truncate(mark);
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str, cdata: bool) -> Result<(), Fault> {
        legal(text)?;
        if !cdata && text.contains("]]>") {
            return Err(Fault::Malformed("`]]>` in text; write ]]&gt;".to_owned()));
        }
        if self.open.is_empty() {
            let blank = !cdata && text.chars().all(is_space);
            return if blank { Ok(()) } else { Err(Fault::Outside) };
        }
        // Line ends of all kinds are one character (XML 1.0, 2.11).
        if text.contains('\r') {
            return self.push(&text.replace("\r\n", "\n").replace('\r', "\n"));
        }
        self.push(text)
    }

    fn push(&mut self, text: &str) -> Result<(), Fault> {
        let Some(parent) = self.open.last_mut() else { return Err(Fault::Outside) };
        if text.is_empty() {
            return Ok(());
        }
        if let Some(Node::Text(before)) = parent.children.last_mut() {
            before.push_str(text);
            return Ok(());
        }
        parent.children.push(Node::Text(text.to_owned()));
        self.count()
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(Fault::TooMany(self.limits.nodes));
        }
        Ok(())
    }

    /// Binds a prefix, as an element beside `own` others does.
    fn declare(
        &mut self,
        prefix: &str,
        namespace: &str,
        own: &[(Arc<str>, Arc<str>)],
    ) -> Result<(Arc<str>, Arc<str>), Fault> {
        if own.iter().any(|(there, _)| &**there == prefix) {
            return Err(Fault::Duplicate(format!("xmlns:{}", shortened(prefix))));
        }
        if !prefix.is_empty() && !is_name(prefix) {
            return Err(Fault::Name(shortened(prefix)));
        }
        // Source: Namespaces in XML 1.0, 3 and 5.
        let reserved = prefix == "xmlns"
            || namespace == XMLNS
            || (prefix == "xml") != (namespace == XML)
            || (namespace.is_empty() && !prefix.is_empty());
        if reserved {
            return Err(Fault::Declaration(shortened(prefix)));
        }
        if self.bindings.len() > self.limits.declarations {
            return Err(Fault::TooManyDeclarations(self.limits.declarations));
        }
        let bound = (self.interned(prefix), self.interned(namespace));
        self.bindings.push(bound.clone());
        Ok(bound)
    }

    /// Resolves a name as written. Attributes without a prefix are in no namespace.
    fn name(&mut self, written: &str, attribute: bool) -> Result<Name, Fault> {
        let (prefix, local) = match written.split_once(':') {
            Some((prefix, local)) if is_name(prefix) => (prefix, local),
            Some(_) => return Err(Fault::Name(shortened(written))),
            None => ("", written),
        };
        if !is_name(local) {
            return Err(Fault::Name(shortened(written)));
        }
        let local = self.interned(local);
        if prefix.is_empty() && attribute {
            return Ok(Name { namespace: None, local, prefix: None });
        }
        let bound = self.bindings.iter().rev().find(|(bound, _)| &**bound == prefix);
        match bound {
            Some((_, namespace)) if namespace.is_empty() => Ok(Name { namespace: None, local, prefix: None }),
            Some((bound, namespace)) => {
                let prefix = (!prefix.is_empty()).then(|| Arc::clone(bound));
                Ok(Name { namespace: Some(Arc::clone(namespace)), local, prefix })
            }
            None if prefix.is_empty() => Ok(Name { namespace: None, local, prefix: None }),
            None => Err(Fault::Prefix(shortened(prefix))),
        }
    }

    fn interned(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        self.names.insert(name.to_owned(), Arc::clone(&new));
        new
    }
}

/// The prefix that an attribute of this name declares.
fn declared_prefix(name: &str) -> Option<&str> {
    match name.strip_prefix("xmlns")? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    }
}

fn declared(declaration: &BytesDecl<'_>) -> Result<(), Fault> {
    let malformed = || Fault::Malformed("the XML declaration is not well-formed".to_owned());
    let version = declaration.version().map_err(|_| malformed())?;
    if version != "1.0" {
        return Err(Fault::Version(shortened(&version)));
    }
    match declaration.encoding() {
        // Which one it is, was looked at before there was any text.
        None | Some(Ok(_)) => Ok(()),
        Some(Err(_)) => Err(malformed()),
    }
}

fn legal(text: &str) -> Result<(), Fault> {
    match text.chars().find(|&c| !is_char(c)) {
        Some(c) => Err(Fault::Character(u32::from(c))),
        None => Ok(()),
    }
}
