//! XML Schema as conversions need it: what an element may hold, in which order, and how that is told in JSON.
//!
//! Read once, when a route is made ([`read`]), or made of an OpenAPI document (`soap::offer`). Types are numbered, so that
//! they may refer to each other and to themselves; every name is resolved by then, and every content model is arranged:
//! each place of it knows the member of the JSON object that it stands for.

mod arrange;
mod build;
pub(super) mod builtin;
mod content;
mod facets;
mod pattern;
pub(super) mod read;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

pub(super) use arrange::arranged;
pub(super) use builtin::Builtin;
pub(super) use facets::{Counted, Edge, Facets};

/// Of XML Schema itself.
pub(super) const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Of `xsi:type` and `xsi:nil`.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Of `xml:lang`; its prefix is always bound.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A name with its namespace; the namespace is empty when there is none. Written `{namespace}local`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct QName {
    pub(super) namespace: String,
    pub(super) local: String,
}

impl QName {
    pub(super) fn new(namespace: impl Into<String>, local: impl Into<String>) -> QName {
        QName { namespace: namespace.into(), local: local.into() }
    }
}

impl fmt::Display for QName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.local),
            namespace => write!(f, "{{{namespace}}}{}", self.local),
        }
    }
}

/// A type's number within its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TypeId(u32);

#[derive(Debug, Default)]
pub(super) struct Schema {
    types: Vec<Type>,
    named: BTreeMap<QName, TypeId>,
    /// What messages call the named types, by [`Schema::call`].
    called: HashMap<String, TypeId>,
    calls: HashMap<TypeId, String>,
    /// Global ones: what a body or a fault's detail may begin with.
    pub(super) elements: BTreeMap<QName, Arc<Element>>,
}

#[derive(Debug, Clone)]
pub(super) struct Type {
    /// `None`: anonymous.
    pub(super) name: Option<QName>,
    pub(super) base: Option<TypeId>,
    /// Only a derived one can be used, named by `xsi:type`.
    pub(super) is_abstract: bool,
    pub(super) form: Form,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Simple(Simple),
    Complex(Complex),
    /// `xs:anyType`: whatever is there.
    Anything,
}

/// Text, and what it may be.
#[derive(Debug, Clone)]
pub(super) struct Simple {
    pub(super) variety: Variety,
    /// Its own together with those it inherits.
    pub(super) facets: Facets,
}

#[derive(Debug, Clone)]
pub(super) enum Variety {
    Atomic(Builtin),
    /// Items with spaces between.
    List(TypeId),
    /// The first that fits.
    Union(Vec<TypeId>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Complex {
    pub(super) attributes: Vec<Attribute>,
    pub(super) content: Content,
    /// How JSON tells it.
    pub(super) told_as: ToldAs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ToldAs {
    #[default]
    Object,
    /// A list; each item is an element [`ITEM`].
    List,
    /// An object with any names; each member is an element [`ENTRY`] with [`KEY`] and [`VALUE`].
    Map,
}

pub(super) const ITEM: &str = "item";
pub(super) const ENTRY: &str = "entry";
pub(super) const KEY: &str = "key";
pub(super) const VALUE: &str = "value";

#[derive(Debug, Clone, Default)]
pub(super) enum Content {
    #[default]
    Empty,
    /// Text of this type.
    Simple(TypeId),
    Elements(Particle),
    /// Text and elements among each other; kept as XML text.
    Mixed,
}

#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: QName,
    pub(super) type_id: TypeId,
    pub(super) required: bool,
    pub(super) default: Option<String>,
}

/// An element as it is declared.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: QName,
    pub(super) type_id: TypeId,
    pub(super) nillable: bool,
    pub(super) is_abstract: bool,
    /// `default` or `fixed`.
    pub(super) default: Option<String>,
}

/// Something that may come so many times. `max` is `None` without bound.
#[derive(Debug, Clone)]
pub(super) struct Particle {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) term: Term,
}

#[derive(Debug, Clone)]
pub(super) enum Term {
    Element(Place),
    Group(Group),
    /// Any element. Its member is [`ANY`].
    Any,
}

/// The member that stands for what `xs:any` let in: a list of XML texts.
pub(super) const ANY: &str = "#any";

/// Where an element stands in a content model.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) element: Arc<Element>,
    /// Its member of the JSON object.
    pub(super) key: String,
    /// It may come more than once, so its member is a list even when it is there once.
    pub(super) list: bool,
    /// Whether such a list is there, empty, when the element is not.
    pub(super) empty: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) order: Order,
    pub(super) particles: Vec<Particle>,
    /// A group of several that is repeated can't be told by lists side by side without losing the order: this member is a
    /// list with one object for each time. `None`: its members stand in the object around it.
    pub(super) items: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Sequence,
    Choice,
    All,
}

impl Schema {
    /// With the built-in types.
    pub(super) fn new() -> Schema {
        let mut schema = Schema::default();
        schema.add(Type {
            name: Some(QName::new(XSD, "anyType")),
            base: None,
            is_abstract: false,
            form: Form::Anything,
        });
        for builtin in Builtin::ALL {
            schema.add(Type {
                name: Some(QName::new(XSD, builtin.name())),
                base: Some(TypeId(0)),
                is_abstract: false,
                form: Form::Simple(Simple { variety: Variety::Atomic(*builtin), facets: Facets::default() }),
            });
        }
        for (list, item) in [("NMTOKENS", "NMTOKEN"), ("IDREFS", "IDREF"), ("ENTITIES", "ENTITY")] {
            let item = schema.named[&QName::new(XSD, item)];
            schema.add(Type {
                name: Some(QName::new(XSD, list)),
                base: Some(TypeId(0)),
                is_abstract: false,
                form: Form::Simple(Simple { variety: Variety::List(item), facets: Facets::default() }),
            });
        }
        schema
    }

    pub(super) fn any_type(&self) -> TypeId {
        TypeId(0)
    }

    pub(super) fn builtin(&self, builtin: Builtin) -> TypeId {
        self.named[&QName::new(XSD, builtin.name())]
    }

    pub(super) fn add(&mut self, added: Type) -> TypeId {
        // Readers bound the number of types far below this.
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        if let Some(name) = &added.name {
            self.named.insert(name.clone(), id);
        }
        self.types.push(added);
        id
    }

    pub(super) fn set(&mut self, id: TypeId, form: Form, base: Option<TypeId>) {
        let slot = &mut self.types[id.0 as usize];
        slot.form = form;
        slot.base = base;
    }

    /// Names a type that was added without.
    pub(super) fn name(&mut self, id: TypeId, name: QName) {
        self.named.insert(name.clone(), id);
        self.types[id.0 as usize].name = Some(name);
    }

    pub(super) fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    pub(super) fn named(&self, name: &QName) -> Option<TypeId> {
        self.named.get(name).copied()
    }

    pub(super) fn types(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        (0u32..).map(TypeId).zip(&self.types)
    }

    /// Whether `id` is `base` or derived from it, in any number of steps.
    pub(super) fn derives(&self, id: TypeId, base: TypeId) -> bool {
        if base == self.any_type() {
            return true;
        }
        let mut at = Some(id);
        // A chain longer than there are types is a circle.
        for _ in 0..=self.types.len() {
            match at {
                Some(found) if found == base => return true,
                Some(found) => at = self.get(found).base,
                None => return false,
            }
        }
        false
    }

    /// Gives each named type the name that messages have for it: its local name as long as it is the only one of it, else with
    /// its namespace; `xs:int` for built-in ones. Once all of them are there, as requests look them up.
    pub(super) fn call(&mut self) {
        let mut locals: HashMap<&str, usize> = HashMap::new();
        for name in self.named.keys().filter(|name| name.namespace != XSD) {
            *locals.entry(&name.local).or_default() += 1;
        }
        let called = |name: &QName| match locals.get(name.local.as_str()) {
            _ if name.namespace == XSD => format!("xs:{}", name.local),
            Some(1) => name.local.clone(),
            _ => name.to_string(),
        };
        self.called = self.named.iter().map(|(name, id)| (called(name), *id)).collect();
        self.calls = self.called.iter().map(|(name, id)| (*id, name.clone())).collect();
    }

    /// How messages name a type.
    pub(super) fn type_name(&self, id: TypeId) -> &str {
        self.calls.get(&id).map_or("an anonymous type", String::as_str)
    }

    /// The type that is called so, if it derives from `base`.
    pub(super) fn type_called(&self, name: &str, base: TypeId) -> Option<TypeId> {
        self.called.get(name).copied().filter(|id| self.derives(*id, base))
    }

    /// The names of types that can stand in the place of an abstract one.
    pub(super) fn concrete(&self, base: TypeId) -> Vec<String> {
        let ids = self.named.values().copied();
        ids.filter(|id| self.derives(*id, base) && !self.get(*id).is_abstract)
            .map(|id| self.type_name(id).to_owned())
            .collect()
    }

    /// Whether all there is to it is text.
    pub(super) fn is_simple(&self, id: TypeId) -> bool {
        matches!(self.get(id).form, Form::Simple(_))
    }
}
