//! Selects, removes, renames and masks the fields of JSON bodies: one service with a face for each group of clients.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use naru_model::message::{Converted, Refusal, Request, Response, Shape};
use naru_model::policy::{FieldChange, Fields};

use crate::body::{Untouched, Whole, is_json, media_type, refused, replaced};
use crate::json::{self, Value};

/// What a masked string or number becomes.
const MASKED: &str = "***";

#[derive(Debug)]
pub(crate) struct FieldShape {
    request: Option<Rule>,
    /// Of answers below 400.
    response: Option<Arc<Rule>>,
    /// Of the others: their bodies have fields of their own, so that nothing is selected.
    failure: Option<Arc<Rule>>,
    groups: Vec<String>,
}

impl FieldShape {
    pub(crate) fn new(fields: &Fields) -> FieldShape {
        let failure = FieldChange { select: Vec::new(), ..fields.response.clone() };
        FieldShape {
            request: Rule::of(&fields.request),
            response: Rule::of(&fields.response).map(Arc::new),
            failure: Rule::of(&failure).map(Arc::new),
            groups: fields.groups.clone(),
        }
    }
}

impl Shape for FieldShape {
    fn request(&self, mut request: Request) -> Result<Converted, Refusal> {
        if !self.groups.is_empty() && !self.groups.iter().any(|group| request.groups.contains(group)) {
            return Ok(Converted::Send(request, Box::new(Untouched)));
        }
        let media = media_type(&request.headers);
        if let Some(rule) = self.request.as_ref().filter(|_| is_json(&media) && !request.body.is_empty()) {
            let changed = rule.body(&request.body);
            request.body = changed.map_err(|error| refused(400, format!("the body is no JSON: {error}")))?;
            replaced(&mut request.headers, &media);
        }
        if self.response.is_none() {
            return Ok(Converted::Send(request, Box::new(Untouched)));
        }
        // A piece of a body can't be read.
        request.headers.retain(|(name, _)| name != "range");
        let (response, failure) = (self.response.clone(), self.failure.clone());
        let wanted = |head: &Response| is_json(&media_type(&head.headers));
        let change = move |mut answer: Response| {
            let rule = if answer.status < 400 { &response } else { &failure };
            let Some(rule) = rule.as_ref().filter(|_| !answer.body.is_empty()) else { return Ok(answer) };
            let changed = rule.body(&answer.body);
            answer.body =
                changed.map_err(|error| refused(502, format!("the service answered no JSON: {error}")))?;
            let media = media_type(&answer.headers);
            replaced(&mut answer.headers, &media);
            Ok(answer)
        };
        Ok(Converted::Send(request, Box::new(Whole { wanted, change })))
    }
}

/// What is done to one field, and to those in it.
#[derive(Debug, Default)]
struct Rule {
    fields: HashMap<String, Rule>,
    /// Of the fields in it only those stay that are selected.
    selects: bool,
    selected: bool,
    remove: bool,
    mask: bool,
    rename: Option<String>,
}

impl Rule {
    /// None when nothing is to be done.
    fn of(change: &FieldChange) -> Option<Rule> {
        if *change == FieldChange::default() {
            return None;
        }
        let mut root = Rule::default();
        for path in &change.select {
            root.selecting(path).selected = true;
        }
        for path in &change.remove {
            root.at(path).remove = true;
        }
        for path in &change.mask {
            root.at(path).mask = true;
        }
        for (path, name) in &change.rename {
            root.at(path).rename = Some(name.clone());
        }
        Some(root)
    }

    fn at(&mut self, path: &str) -> &mut Rule {
        path.split('.').fold(self, |rule, name| rule.fields.entry(name.to_owned()).or_default())
    }

    fn selecting(&mut self, path: &str) -> &mut Rule {
        path.split('.').fold(self, |rule, name| {
            rule.selects = true;
            rule.fields.entry(name.to_owned()).or_default()
        })
    }

    fn body(&self, body: &[u8]) -> Result<Vec<u8>, json::Error> {
        let mut value = json::read(body)?;
        self.change(&mut value);
        Ok(value.write().into_bytes())
    }

    /// A field that is selected itself stays with all that is in it.
    fn picks(&self) -> bool {
        self.selects && !self.selected
    }

    /// Goes as deep as the value. Items of lists are changed as the list would be.
    fn change(&self, value: &mut Value<'_>) {
        match value {
            Value::List(items) => {
                items.retain(|item| !self.picks() || holds_fields(item));
                items.iter_mut().for_each(|item| self.change(item));
            }
            Value::Object(members) => self.change_members(members),
            _ => {}
        }
        if self.mask {
            mask(value);
        }
    }

    fn change_members(&self, members: &mut Vec<(Cow<'_, str>, Value<'_>)>) {
        let picks = self.picks();
        let mut kept = 0;
        let mut renamed: Vec<(usize, &str)> = Vec::new();
        members.retain_mut(|(name, value)| {
            let Some(rule) = self.fields.get(&**name) else {
                kept += usize::from(!picks);
                return !picks;
            };
            if rule.remove || (picks && !rule.selected && !(rule.selects && holds_fields(value))) {
                return false;
            }
            if let Some(new) = &rule.rename {
                // Of two that would have the same name, the first has it.
                if renamed.iter().any(|(_, there)| there == new) {
                    return false;
                }
                renamed.push((kept, new));
                *name = Cow::Owned(new.clone());
            }
            rule.change(value);
            kept += 1;
            true
        });
        // Who had a name before that another was given gives way.
        let mut at = 0;
        members.retain(|(name, _)| {
            at += 1;
            renamed.iter().all(|&(place, new)| place == at - 1 || name != new)
        });
    }
}

/// Whether a path can go on in it: an object, or a list of them.
fn holds_fields(value: &Value<'_>) -> bool {
    match value {
        Value::Object(_) => true,
        Value::List(items) => items.iter().any(holds_fields),
        _ => false,
    }
}

fn mask(value: &mut Value<'_>) {
    match value {
        Value::String(_) | Value::Number(_) => *value = Value::string(MASKED),
        Value::List(items) => items.iter_mut().for_each(mask),
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| mask(value)),
        Value::Null | Value::Bool(_) => {}
    }
}
