//! Instances that only exist in memory, on a machine that outlives the runtime.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_model::platform::InstanceSize;
use naru_model::units::Timestamp;
use naru_runtime::{BoxFuture, Error, Launch, Running, Runtime, RuntimeEvent, Stats};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::battery::{Behaviour, Harness, id};

/// What runs, and what has ended and is not forgotten.
#[derive(Default)]
struct Machine {
    instances: BTreeMap<InstanceId, Instance>,
    /// Whom to tell of an end; nobody between two servers.
    server: Option<UnboundedSender<RuntimeEvent>>,
    /// Counts everything that happens: the time, and the numbers of processes and ports.
    steps: u32,
}

struct Instance {
    running: Running,
    behaviour: Behaviour,
    /// The runtime of this moment has started or recovered it.
    known: bool,
}

#[derive(Clone)]
struct Fake(Arc<Mutex<Machine>>);

impl Machine {
    fn step(&mut self) -> u32 {
        self.steps += 1;
        self.steps
    }

    fn end(&mut self, id: &InstanceId, code: Option<i32>, signal: Option<i32>) {
        let at = Timestamp(self.step().into());
        let Some(instance) = self.instances.get_mut(id) else { return };
        if instance.running.process != Process::Running {
            return;
        }
        instance.running.process = Process::Exited { at, code, signal };
        let event = RuntimeEvent::Exited { id: id.clone(), at, code, signal, detail: None };
        if let (Some(server), true) = (&self.server, instance.known) {
            server.send(event).unwrap();
        }
    }

    fn start(&mut self, launch: Launch) -> Result<Running, Error> {
        let id = launch.id;
        if self.instances.contains_key(&id) {
            return Err(Error::Known { id });
        }
        let behaviour = read(&launch.exec[0]);
        if behaviour == Behaviour::Missing {
            return Err(Error::Start { id, problem: "command not found".to_owned() });
        }
        let number = self.step();
        let running = Running {
            id: id.clone(),
            address: ([127, 0, 0, 1], launch.port.unwrap_or(20_000 + number as u16)).into(),
            pid: number,
            process: Process::Running,
            started_at: Timestamp(number.into()),
            detail: None,
        };
        self.instances.insert(id.clone(), Instance { running: running.clone(), behaviour, known: true });
        if let Behaviour::Exit(code) = behaviour {
            self.end(&id, Some(code), None);
        }
        Ok(running)
    }
}

fn read(behaviour: &str) -> Behaviour {
    match behaviour.split_once(' ') {
        Some((_, code)) => Behaviour::Exit(code.parse().unwrap()),
        None => match behaviour {
            "serve" => Behaviour::Serve,
            "burn" => Behaviour::Burn,
            "stubborn" => Behaviour::Stubborn,
            _ => Behaviour::Missing,
        },
    }
}

impl Runtime for Fake {
    fn start(&self, launch: Launch) -> BoxFuture<'_, Result<Running, Error>> {
        let started = self.0.lock().unwrap().start(launch);
        Box::pin(std::future::ready(started))
    }

    fn stop(&self, id: &InstanceId, grace: Duration) -> BoxFuture<'_, Result<(), Error>> {
        let mut machine = self.0.lock().unwrap();
        let asked = match machine.instances.get(id).map(|instance| instance.behaviour) {
            None => Err(Error::Unknown { id: id.clone() }),
            Some(Behaviour::Stubborn) => {
                let (machine, id) = (self.0.clone(), id.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(grace).await;
                    machine.lock().unwrap().end(&id, None, Some(9));
                });
                Ok(())
            }
            Some(_) => {
                let killed = grace.is_zero();
                machine.end(id, (!killed).then_some(0), killed.then_some(9));
                Ok(())
            }
        };
        Box::pin(std::future::ready(asked))
    }

    fn inspect(&self) -> Vec<Running> {
        let machine = self.0.lock().unwrap();
        machine.instances.values().filter(|i| i.known).map(|i| i.running.clone()).collect()
    }

    fn recover(&self) -> BoxFuture<'_, Result<Vec<Running>, Error>> {
        self.0.lock().unwrap().instances.values_mut().for_each(|instance| instance.known = true);
        Box::pin(std::future::ready(Ok(self.inspect())))
    }

    fn stats(&self) -> Vec<Stats> {
        let machine = self.0.lock().unwrap();
        let live = machine.instances.values().filter(|i| i.known && i.running.process == Process::Running);
        live.map(|instance| Stats {
            id: instance.running.id.clone(),
            cpu_cores: if instance.behaviour == Behaviour::Burn { 1.0 } else { 0.0 },
            memory_bytes: 1 << 20,
            disk_read_bytes: 0.0,
            disk_written_bytes: 0.0,
            since: instance.running.started_at,
        })
        .collect()
    }

    fn forget(&self, id: &InstanceId) {
        let mut machine = self.0.lock().unwrap();
        machine.instances.retain(|other, i| other != id || i.running.process == Process::Running);
    }

    fn confinement(&self) -> &'static str {
        "rlimits"
    }
}

pub(crate) struct Fakes {
    runtime: Fake,
    events: UnboundedReceiver<RuntimeEvent>,
}

impl Fakes {
    fn on(machine: Arc<Mutex<Machine>>) -> Fakes {
        let (server, events) = unbounded_channel();
        machine.lock().unwrap().server = Some(server);
        Fakes { runtime: Fake(machine), events }
    }
}

impl Harness for Fakes {
    fn new() -> Fakes {
        Fakes::on(Arc::default())
    }

    fn runtime(&self) -> &dyn Runtime {
        &self.runtime
    }

    fn events(&mut self) -> &mut UnboundedReceiver<RuntimeEvent> {
        &mut self.events
    }

    fn launch(&self, name: &str, behaviour: Behaviour) -> Launch {
        let word = match behaviour {
            Behaviour::Serve => "serve".to_owned(),
            Behaviour::Burn => "burn".to_owned(),
            Behaviour::Stubborn => "stubborn".to_owned(),
            Behaviour::Exit(code) => format!("exit {code}"),
            Behaviour::Missing => "missing".to_owned(),
        };
        Launch {
            id: id(name),
            exec: vec![word],
            env: BTreeMap::new(),
            port: None,
            size: InstanceSize::default(),
            artifact: None,
            folder: "/".into(),
            grace: Duration::ZERO,
        }
    }

    async fn behaves(&self, _: &InstanceId) {}

    fn signal(&self, running: &Running, signal: i32) {
        let mut machine = self.runtime.0.lock().unwrap();
        let asked = signal == 15;
        machine.end(&running.id, asked.then_some(0), (!asked).then_some(signal));
    }

    fn restart(&mut self) {
        let machine = self.runtime.0.clone();
        machine.lock().unwrap().instances.values_mut().for_each(|instance| instance.known = false);
        *self = Fakes::on(machine);
    }

    async fn ended_unwatched(&self, _: &Running) {}
}
