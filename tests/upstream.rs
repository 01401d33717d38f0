//! The service of tests that look at what comes through the gateway: see `naru_testkit::upstream` for its paths. Started
//! by naru like any other program; it listens on `HOST:PORT`.

fn main() -> std::io::Result<()> {
    let variable = |name: &str| std::env::var(name).expect("naru gives every instance HOST and PORT");
    let address = format!("{}:{}", variable("HOST"), variable("PORT"));
    println!("listening on {address}");
    naru_testkit::upstream::run(address.parse().expect("HOST:PORT is an address"))
}
