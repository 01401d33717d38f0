use super::harness::*;

const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: example.kr\r\n\r\n";

#[test]
fn a_request_goes_there_and_its_answer_comes_back() {
    let upstream = Upstream::listen();
    let mut gateway = Gateway::start(&[upstream.address]);
    let mut client = gateway.connect();
    client.say(GET);
    let mut endpoint = upstream.accept();
    let head = endpoint.head();
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\nHost: example.kr\r\n"), "{head}");
    endpoint.say("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nServer: mine\r\n\r\nhi");
    assert_eq!(client.head(), "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nServer: mine\r\n\r\n");
    assert_eq!(client.text(2), "hi");
    // Both connections are used again.
    client.say(GET);
    endpoint.head();
    endpoint.say("HTTP/1.1 204 None\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 204 None\r\n\r\n");
    gateway.record(|record| {
        assert_eq!((record.route.0, record.function.0, record.service.0), (7, 9, 1));
        assert_eq!((record.status, record.protocol, record.attempts), (200, 11, 1));
        assert_eq!((record.bytes_in, record.bytes_out), (0, 2));
        assert_eq!((record.target, record.client.to_string().as_str()), ("/a?b=c", "127.0.0.1"));
        assert_eq!((record.revision, record.ordinal), (1, u32::from(upstream.address.port())));
        assert!(record.whole_us >= record.upstream_us && record.connecting_us > 0);
    });
    gateway.record(|record| assert_eq!((record.status, record.connecting_us), (204, 0)));
}
