//! What is so at this moment: services, functions, instances, the machine.

use std::collections::BTreeMap;

use naru_model::status::{CpuTimes, HostStatus, InstanceStatus, InterfaceStatus, ServiceStatus, Status};

use super::page::Page;

pub(super) fn write(page: &mut Page, status: &Status) {
    write_services(page, status);
    write_users(page, status);
    write_instances(page, status);
    write_host(page, &status.host);
}

fn write_services(page: &mut Page, status: &Status) {
    type Gauge = (&'static str, &'static str, fn(&ServiceStatus) -> u32);
    let gauges: [Gauge; 5] = [
        ("naru_in_flight", "Requests under way to a service's instances.", |s| s.traffic.in_flight),
        ("naru_waiting", "Requests that wait for a place or a ready instance.", |s| s.traffic.waiting),
        ("naru_instances_desired", "Instances wanted.", |s| s.desired),
        ("naru_instances_ready", "Instances that get requests and are healthy.", |s| s.ready),
        ("naru_revision", "The revision that a service is on, or going to.", |s| s.revision),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        for service in &status.services {
            page.sample(name, &[("service", service.name.as_str())], value(service));
        }
    }
    page.family("naru_instances", "gauge", "Instances by state.");
    for service in &status.services {
        let mut states: BTreeMap<&str, u32> = BTreeMap::new();
        for instance in &service.instances {
            *states.entry(&instance.state).or_default() += 1;
        }
        for (state, count) in states {
            page.sample("naru_instances", &[("service", service.name.as_str()), ("state", state)], count);
        }
    }
}

fn write_users(page: &mut Page, status: &Status) {
    page.family("naru_active_users", "gauge", "Distinct users over the last five minutes, within 5 %.");
    page.sample("naru_active_users", &[], status.traffic.active_users);
    page.family(
        "naru_service_active_users",
        "gauge",
        "Distinct users of a service over the last five minutes.",
    );
    for service in &status.services {
        let of = [("service", service.name.as_str())];
        page.sample("naru_service_active_users", &of, service.traffic.active_users);
    }
    page.family(
        "naru_function_active_users",
        "gauge",
        "Distinct users of a function over the last five minutes.",
    );
    for function in &status.functions {
        let of = [("function", function.name.as_str())];
        page.sample("naru_function_active_users", &of, function.traffic.active_users);
    }
    page.family("naru_function_in_flight", "gauge", "Requests of a function begun and not ended.");
    for function in &status.functions {
        page.sample(
            "naru_function_in_flight",
            &[("function", function.name.as_str())],
            function.traffic.in_flight,
        );
    }
}

fn write_instances(page: &mut Page, status: &Status) {
    type Gauge = (&'static str, &'static str, fn(&InstanceStatus) -> f64);
    let gauges: [Gauge; 5] = [
        ("naru_instance_cpu_cores", "Cores that an instance uses.", |i| i.cpu_cores),
        ("naru_instance_memory_bytes", "Memory that an instance uses.", |i| i.memory_bytes as f64),
        ("naru_instance_disk_read_bytes_per_second", "Bytes that an instance reads.", |i| i.disk_read_bytes),
        ("naru_instance_disk_written_bytes_per_second", "Bytes that an instance writes.", |i| {
            i.disk_written_bytes
        }),
        ("naru_instance_in_flight", "Requests under way to an instance.", |i| f64::from(i.in_flight)),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        for service in &status.services {
            for instance in &service.instances {
                let (id, revision) = (instance.id.to_string(), instance.revision.to_string());
                let pairs = [("service", service.name.as_str()), ("instance", &id), ("revision", &revision)];
                page.sample(name, &pairs, value(instance));
            }
        }
    }
}

fn write_host(page: &mut Page, host: &HostStatus) {
    // Not measured yet.
    if host.cores == 0 {
        return;
    }
    let gauges = [
        ("naru_host_cores", "Cores of the machine.", f64::from(host.cores)),
        ("naru_host_cpu_cores", "Cores in use.", host.cpu_cores),
        ("naru_host_memory_bytes", "Memory of the machine.", host.memory_bytes as f64),
        (
            "naru_host_memory_used_bytes",
            "Memory that new programs could not get without swapping.",
            host.memory_used_bytes as f64,
        ),
        ("naru_host_received_bytes_per_second", "Over all networks but the loopback.", host.received_bytes),
        ("naru_host_sent_bytes_per_second", "Over all networks but the loopback.", host.sent_bytes),
        ("naru_host_disk_read_bytes_per_second", "Over all disks.", host.disk_read_bytes),
        ("naru_host_disk_written_bytes_per_second", "Over all disks.", host.disk_written_bytes),
        ("naru_host_disk_bytes", "Of the file system that the state is on.", host.disk_bytes as f64),
        (
            "naru_host_disk_free_bytes",
            "Free of the file system that the state is on.",
            host.disk_free_bytes as f64,
        ),
        ("naru_host_root_disk_bytes", "Of the root file system.", host.root_disk_bytes as f64),
        ("naru_host_root_disk_free_bytes", "Free of the root file system.", host.root_disk_free_bytes as f64),
        ("naru_host_swap_bytes", "Swap space of the machine; 0: none.", host.swap_bytes as f64),
        ("naru_host_swap_used_bytes", "Swap space in use.", host.swap_used_bytes as f64),
        ("naru_host_load1", "Load average over a minute.", host.load[0]),
        ("naru_host_load5", "Load average over five minutes.", host.load[1]),
        ("naru_host_load15", "Load average over fifteen minutes.", host.load[2]),
        ("naru_host_open_files", "Open files of the whole machine.", host.open_files as f64),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        page.sample(name, &[], value);
    }
    let CpuTimes { user, system, iowait, steal } = host.cpu;
    page.family("naru_host_cpu_mode_cores", "gauge", "Cores by what they did; waiting for a disk is idle.");
    for (mode, cores) in [("user", user), ("system", system), ("iowait", iowait), ("steal", steal)] {
        page.sample("naru_host_cpu_mode_cores", &[("mode", mode)], cores);
    }
    write_interfaces(page, &host.interfaces);
}

fn write_interfaces(page: &mut Page, interfaces: &[InterfaceStatus]) {
    type Rates = fn(&InterfaceStatus) -> [f64; 2];
    let families: [(&str, &str, Rates); 2] = [
        ("naru_host_network_errors_per_second", "Packets broken.", |i| [i.received_errors, i.sent_errors]),
        ("naru_host_network_drops_per_second", "Packets dropped.", |i| [i.received_drops, i.sent_drops]),
    ];
    for (name, help, rates) in families {
        page.family(name, "gauge", help);
        for interface in interfaces {
            for (direction, rate) in ["receive", "transmit"].into_iter().zip(rates(interface)) {
                page.sample(name, &[("interface", &interface.name), ("direction", direction)], rate);
            }
        }
    }
}
