//! Addresses to listen on, and networks.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::Checked;
use crate::report::{Refusal, shown};

pub(super) fn address(text: &str) -> Checked {
    if let Ok(address) = text.parse::<SocketAddr>() {
        let help = "write a port from 1 to 65535";
        return if address.port() == 0 {
            Err(Refusal::new("port 0 is none to listen on", help))
        } else {
            Ok(())
        };
    }
    let what = format!("{} is no address with a port", shown(text));
    let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
    let host = text.rsplit_once(':').map_or("", |(host, _)| host);
    let help = match port {
        Some(port) if host == "localhost" => format!("did you mean 127.0.0.1:{port}"),
        Some(port) if host.is_empty() || host == "*" => format!("did you mean 0.0.0.0:{port}"),
        _ if text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) => format!("did you mean [{text}]:8080"),
        _ if text.parse::<IpAddr>().is_ok() => format!("did you mean {text}:8080"),
        _ => "write an IP address and a port (0.0.0.0:8080, [::]:8080)".to_owned(),
    };
    Err(Refusal::new(what, help))
}

/// An address, or nowhere.
pub(super) fn address_or_off(text: &str) -> Checked {
    if text == "off" { Ok(()) } else { address(text) }
}

/// Where only this machine gets to.
pub(super) fn loopback(text: &str) -> Checked {
    address(text)?;
    match text.parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() => {
            let what = format!("{address} is open to other machines, and who reaches it reaches every link");
            Err(Refusal::new(what, format!("write 127.0.0.1:{}", address.port())))
        }
        _ => Ok(()),
    }
}

pub(super) fn network(text: &str) -> Checked {
    if text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    match text.parse::<IpNet>() {
        Ok(net) if net == net.trunc() => Ok(()),
        Ok(net) => Err(Refusal::new(
            format!("{text} is an address inside a network"),
            format!("did you mean the network {} or the address {}", net.trunc(), net.addr()),
        )),
        Err(_) => Err(Refusal::new(
            format!("{} is no address and no network", shown(text)),
            "write 10.1.2.3 or 10.0.0.0/8",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn addresses() {
        all_good(address, &["0.0.0.0:8080", "[::1]:1"]);
        all_bad(
            address,
            &["", "8080", ":8080", "localhost:8080", "0.0.0.0", "0.0.0.0:0", "::1", "1.2.3.4:99999"],
        );
        all_good(address_or_off, &["off", "127.0.0.1:4317"]);
        all_bad(address_or_off, &["on", "false", "4317"]);
        all_good(loopback, &["127.0.0.1:8081", "127.9.9.9:1", "[::1]:8081"]);
        all_bad(loopback, &["0.0.0.0:8081", "10.0.0.1:8081", "[::]:1", "localhost:8081"]);
        all_good(network, &["10.0.0.0/8", "10.1.2.3", "::1", "fd00::/8"]);
        all_bad(network, &["", "10.0.0.1/8", "10.0.0.0/33", "proxy"]);
    }
}
