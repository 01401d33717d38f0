use super::*;

fn grouped(paths: &[(&str, u64)]) -> Vec<(String, Vec<String>)> {
    let template = |(path, requests): &(&str, u64)| Template {
        parts: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        requests: *requests,
        is_asset: path.contains('*'),
        ..Template::default()
    };
    let templates: Vec<Template> = paths.iter().map(template).collect();
    group(&templates).into_iter().map(|group| (group.name, group.prefixes)).collect()
}

fn names(paths: &[(&str, u64)]) -> Vec<String> {
    grouped(paths).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_first_part_that_means_something_names_a_function() {
    let paths = [
        ("/api/v1/orders/{n}", 50),
        ("/api/v1/orders", 20),
        ("/api/v1/members/{n}/points", 30),
        ("/", 10),
        ("/index.html", 5),
        ("/img/*.png", 100),
    ];
    assert_eq!(names(&paths), ["orders", "members", "home", "static"]);
    assert_eq!(grouped(&paths)[0].1, ["/api/v1/orders"]);
}

#[test]
fn the_name_under_which_a_program_is_deployed_names_none() {
    let paths = [
        ("/portal/board/list.do", 50),
        ("/portal/member/login.do", 40),
        ("/portal/apply/form.do", 30),
        ("/portal/main.do", 20),
        ("/portal", 5),
    ];
    assert_eq!(names(&paths), ["board", "member", "apply", "home"]);
}

#[test]
fn actions_in_one_folder_are_sorted_by_what_they_are_done_with() {
    let paths = [
        ("/boardList.do", 50),
        ("/boardView.do", 40),
        ("/selectMemberInfo.do", 30),
        ("/member_login.do", 5),
        ("/main.do", 20),
    ];
    assert_eq!(names(&paths), ["board", "member", "home"]);
}

#[test]
fn a_function_that_is_most_of_all_is_divided_and_what_is_little_put_together() {
    let paths = [
        ("/", 400),
        ("/shop/cart/add", 200),
        ("/shop/search/{name}", 300),
        ("/shop/x", 2),
        ("/terms", 3),
        ("/help/a", 2),
    ];
    let names = names(&paths);
    assert_eq!(names, ["home", "shop-search", "shop-cart", "other"]);
}

#[test]
fn names_are_plain_and_no_two_alike() {
    let names = names(&[("/Café", 10), ("/caf%", 10), ("/123", 10), ("/static", 10), ("/a/*.css", 5)]);
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{names:?}");
    assert!(names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_lowercase())), "{names:?}");
}
