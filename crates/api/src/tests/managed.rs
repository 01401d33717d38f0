//! The clients and dead letters of the made-up platform.

use naru_model::client::{Client, Secret};
use naru_model::job::{DeadLetter, DeadSearch, Figures, OpenedLetter};
use naru_model::name::ClientName;
use naru_model::platform::Platform;
use naru_model::units::Timestamp;

use super::fake::Fake;
use crate::control::{Answer, Control};
use crate::error::Error;
use crate::manage::Manage;
use crate::message::{KeyKind, ListedClient, MadeKey, MakeKey, Origin};

/// A hash by whose digits it is told from another.
fn sha256(of: usize) -> String {
    format!("{of:08x}").repeat(8)
}

pub(super) fn of_file(name: &str) -> ListedClient {
    ListedClient {
        name: name.parse().unwrap(),
        origin: Origin::File,
        hidden: false,
        client: Client { scopes: vec!["booking.read".to_owned()], ..Client::default() },
        made_at: None,
        made_by: None,
        changed_at: None,
        changed_by: None,
    }
}

pub(super) fn letter(id: &str, path: &str) -> OpenedLetter {
    let letter = DeadLetter {
        id: id.to_owned(),
        route: "/later/**".to_owned(),
        caller: Some("mobile".to_owned()),
        origin: None,
        method: "POST".to_owned(),
        host: "api.example.go.kr".to_owned(),
        path: path.to_owned(),
        submitted: Timestamp(1),
        died: Timestamp(2),
        attempts: 5,
        why: "the service answered 503".to_owned(),
        size: 2,
    };
    let headers = vec![("authorization".to_owned(), "(hidden)".to_owned())];
    OpenedLetter { letter, headers, body: "hi".to_owned(), truncated: false }
}

impl Fake {
    fn with_client<T: Send + 'static>(
        &self,
        name: &ClientName,
        change: impl FnOnce(&mut Client) -> T,
    ) -> Answer<'_, T> {
        let mut clients = self.clients.lock().unwrap();
        let answer = match clients.iter_mut().find(|one| one.name == *name) {
            Some(one) if one.origin == Origin::File => {
                Err(Error::Conflict(format!("the client {name} is in naru.yaml; change it there")))
            }
            Some(one) => Ok(change(&mut one.client)),
            None => Err(Error::NotFound(format!("no client {name} is registered"))),
        };
        self.done(answer)
    }
}

impl Manage for Fake {
    fn clients(&self) -> Answer<'_, Vec<ListedClient>> {
        let clients = self.clients.lock().unwrap().clone();
        self.done(Ok(clients))
    }

    fn register_client(&self, name: ClientName, client: Client, actor: String) -> Answer<'_, ()> {
        let now = self.now();
        let mut clients = self.clients.lock().unwrap();
        if clients.iter().any(|one| one.name == name) {
            return self.done(Err(Error::Conflict(format!("there is a client {name} already"))));
        }
        clients.push(ListedClient {
            name,
            origin: Origin::Registered,
            hidden: false,
            client,
            made_at: Some(now),
            made_by: Some(actor.clone()),
            changed_at: Some(now),
            changed_by: Some(actor),
        });
        self.done(Ok(()))
    }

    fn change_client(&self, name: ClientName, client: Client, _actor: String) -> Answer<'_, ()> {
        self.with_client(&name, |old| {
            let Client { keys, secrets, blocked, .. } = old.clone();
            *old = Client { keys, secrets, blocked, ..client };
        })
    }

    fn block_client(&self, name: ClientName, blocked: bool, _actor: String) -> Answer<'_, ()> {
        self.with_client(&name, |client| client.blocked = blocked)
    }

    fn remove_client(&self, name: ClientName) -> Answer<'_, ()> {
        let removed = self.with_client(&name, |_| ());
        self.clients.lock().unwrap().retain(|one| one.name != name || one.origin == Origin::File);
        removed
    }

    fn make_key(&self, name: ClientName, request: MakeKey, _actor: String) -> Answer<'_, MadeKey> {
        let text = format!("nk_{name}_text");
        self.with_client(&name, move |client| {
            let sha256 = sha256(client.keys.len() + 1);
            let until = request.until;
            client.keys.push(Secret { sha256: sha256.clone(), from: None, until });
            MadeKey { text, sha256, until }
        })
    }

    fn end_key(&self, name: ClientName, kind: KeyKind, sha256: String, _actor: String) -> Answer<'_, ()> {
        self.with_client(&name, |client| {
            let keys = if kind == KeyKind::Key { &mut client.keys } else { &mut client.secrets };
            keys.retain(|key| !key.sha256.starts_with(&sha256));
        })
    }

    fn jobs(&self) -> Answer<'_, Vec<Figures>> {
        let dead = self.letters.lock().unwrap().len() as u64;
        self.done(Ok(vec![Figures { route: "/later/**".to_owned(), dead, ..Figures::default() }]))
    }

    fn dead_letters(&self, search: DeadSearch) -> Answer<'_, Vec<DeadLetter>> {
        let letters = self.letters.lock().unwrap();
        let newer = letters.iter().position(|one| Some(&one.letter.id) == search.after.as_ref());
        let behind = letters.iter().skip(newer.map_or(0, |at| at + 1)).map(|one| one.letter.clone());
        let found = behind.filter(|one| search.route.as_ref().is_none_or(|route| one.route == *route));
        self.done(Ok(found.take(search.limit.unwrap_or(1000) as usize).collect()))
    }

    fn dead_letter(&self, id: String) -> Answer<'_, Option<OpenedLetter>> {
        let found = self.letters.lock().unwrap().iter().find(|one| one.letter.id == id).cloned();
        self.done(Ok(found))
    }

    fn replay(&self, id: String) -> Answer<'_, bool> {
        self.note(format!("replay {id}"));
        self.discard(id)
    }

    fn discard(&self, id: String) -> Answer<'_, bool> {
        let mut letters = self.letters.lock().unwrap();
        let before = letters.len();
        letters.retain(|one| one.letter.id != id);
        self.done(Ok(letters.len() < before))
    }

    fn platform(&self) -> Answer<'_, Option<Platform>> {
        let platform = self.platform.lock().unwrap().clone();
        self.done(Ok(platform))
    }
}
