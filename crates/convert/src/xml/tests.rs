use super::*;

fn fault(document: &str) -> Fault {
    match read(document.as_bytes()) {
        Err(error) => error.fault,
        Ok(element) => panic!("read as {element:?}"),
    }
}

#[test]
fn names_come_with_their_namespaces() {
    let root = read(
        br#"<?xml version="1.0" encoding="utf-8"?><!-- a --><?b c?>
        <o:order xmlns:o="urn:o" xmlns="urn:d" id="1" o:kind="x"><item xmlns="">1<!-- -->2</item><p/></o:order>"#,
    )
    .unwrap();
    assert!(root.name.is("urn:o", "order"));
    assert_eq!(root.attribute("", "id"), Some("1"));
    assert_eq!(root.attribute("urn:o", "kind"), Some("x"));
    assert_eq!(root.child("", "item").unwrap().text(), "12");
    assert!(root.child("urn:d", "p").is_some());
    assert_eq!(root.line, 2);
    assert!(root.name_in_content(" o:t ").unwrap().is("urn:o", "t"));
    assert!(root.name_in_content("t").unwrap().is("urn:d", "t"));
    assert!(root.child("", "item").unwrap().name_in_content("t").unwrap().is("", "t"));
    assert_eq!(root.name_in_content("q:t"), None);
}

#[test]
fn white_space_and_references_are_as_the_recommendation_has_them() {
    let root = read(b"<a b='1\r\n2\t&#10;&lt;&apos;'>x\r\ny\rz&#13;&#x41;&amp;<![CDATA[<&]]></a>").unwrap();
    assert_eq!(root.attribute("", "b"), Some("1 2 \n<'"));
    assert_eq!(root.text(), "x\ny\nz\rA&<&");
}

#[test]
fn what_is_not_well_formed_is_not_read() {
    for (document, what) in [
        ("<a b='1'c='2'/>", "white space is missing before an attribute"),
        ("<a b/>", "attribute `b` has no value"),
        ("<a b=1/>", "the value of attribute `b` is not in quotes"),
        ("<a b='<'/>", "`<` in an attribute; write &lt;"),
        ("<a>]]></a>", "`]]>` in text; write ]]&gt;"),
        (" <?xml version='1.0'?><a/>", "an XML declaration may only stand first"),
    ] {
        assert_eq!(fault(document), Fault::Malformed(what.to_owned()), "{document}");
    }
    assert_eq!(fault("<a b='1' b='2'/>"), Fault::Duplicate("b".to_owned()));
    assert_eq!(fault("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>"), Fault::Duplicate("q:b".to_owned()));
    assert_eq!(fault("<a/><b/>"), Fault::Outside);
    assert_eq!(fault("<a/>b"), Fault::Outside);
    assert_eq!(fault(""), Fault::Empty);
    assert_eq!(fault("<a><b></b>"), Fault::Unclosed("a".to_owned()));
    assert_eq!(fault("<p:a/>"), Fault::Prefix("p".to_owned()));
    assert_eq!(fault("<a xmlns:p=''/>"), Fault::Declaration("p".to_owned()));
    assert_eq!(fault("<1/>"), Fault::Name("1".to_owned()));
    assert_eq!(fault("<a>&#1;</a>"), Fault::Character(1));
    assert_eq!(fault("<a>&#xD800;</a>"), Fault::Character(0xD800));
    assert_eq!(fault("<a>&nbsp;</a>"), Fault::Entity("nbsp".to_owned()));
    assert_eq!(fault("<!DOCTYPE a><a/>"), Fault::Doctype);
    assert_eq!(fault("<?xml version='1.1'?><a/>"), Fault::Version("1.1".to_owned()));
    assert!(matches!(fault("<a></b>"), Fault::Malformed(_)));
}

#[test]
fn an_error_says_where() {
    let error = read("<a>\n  <나>&x;</나></a>".as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 6: entity &x; is not known; only amp, lt, gt, apos and quot are"
    );
}

#[test]
fn limits_hold() {
    let deep = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
    assert!(read(deep(100).as_bytes()).is_ok());
    assert_eq!(fault(&deep(100_000)), Fault::TooDeep(100));
    let wide = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n));
    assert!(read(wide(199_999).as_bytes()).is_ok());
    assert_eq!(fault(&wide(200_000)), Fault::TooMany(200_000));
    let many: String = (0..129).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(fault(&format!("<a{many}/>")), Fault::TooManyAttributes(128));
    let declared = |n: usize| (0..100).map(|m| format!(" xmlns:p{n}x{m}='u'")).collect::<String>();
    let nested: String = (0..3).map(|n| format!("<a{}>", declared(n))).collect();
    assert_eq!(fault(&nested), Fault::TooManyDeclarations(256));
}

#[test]
fn what_is_written_reads_the_same() {
    let document = r#"<?xml version="1.0" encoding="UTF-8"?><o:a xmlns:o="urn:o" xmlns="urn:d" o:k="&lt;&quot;&#10;"><b xmlns="" t="o:x">1 &amp; 2&#13;</b><c><o:d/></c></o:a>"#;
    let root = read(document.as_bytes()).unwrap();
    let written = write(&root).unwrap();
    assert_eq!(read(written.as_bytes()).unwrap(), root);
    // Grafted elsewhere, names in content keep their meaning.
    let b = root.child("", "b").unwrap().clone();
    let mut new = Element::new(Name::new("urn:n", "", "new"));
    new.push(b);
    let back = read(write(&new).unwrap().as_bytes()).unwrap();
    assert!(back.child("", "b").unwrap().name_in_content("o:x").unwrap().is("urn:o", "x"));
}

#[test]
fn prefixes_that_clash_are_replaced() {
    let mut root = Element::new(Name::new("urn:1", "p", "a"));
    root.set_attribute(Name::new("urn:2", "p", "b"), "1");
    root.set_attribute(Name::new("urn:3", "", "c"), "2");
    root.push(Element::new(Name::new("urn:2", "p", "d")));
    root.push(Element::new(Name::local("e")));
    let mut f = Element::new(Name::new("urn:4", "", "f"));
    f.push(Element::new(Name::local("g")));
    root.push(f);
    let written = write(&root).unwrap();
    assert_eq!(read(written.as_bytes()).unwrap(), root, "{written}");
}

#[test]
fn what_xml_can_not_hold_is_not_written() {
    assert_eq!(write(&Element::new(Name::local("a b"))), Err(WriteError::Name("a b".to_owned())));
    let element = Element::with_text(Name::local("a"), "\u{0}");
    assert_eq!(write(&element), Err(WriteError::Character { code: 0, place: "a".to_owned() }));
    let mut twice = Element::new(Name::local("a"));
    for prefix in ["p", "q"] {
        twice.attributes.push(Attribute { name: Name::new("u", prefix, "b"), value: String::new() });
    }
    assert_eq!(write(&twice), Err(WriteError::Duplicate("b".to_owned())));
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn whatever_is_read_can_be_written_and_read_again(parts in proptest::collection::vec(
        proptest::sample::select(vec![
            "<a>", "</a>", "<p:b xmlns:p='u' p:c='1'>", "</p:b>", "<b xmlns='v'/>", "<c xmlns=''>", "</c>", "x", "\r\n",
            "&amp;", "&#13;", "<![CDATA[]]>", "<!-- -->", "<?x?>", "]]", ">", "<d e='&quot;\t' f=\"'\"/>", " ", "<", "&",
        ]), 0..30,
    )) {
        if let Ok(root) = read(parts.concat().as_bytes()) {
            let written = write(&root).unwrap();
            proptest::prop_assert_eq!(read(written.as_bytes()).unwrap(), root);
        }
    }
}
