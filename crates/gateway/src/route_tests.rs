use super::*;

fn table() -> Table {
    crate::http::table().unwrap()
}

#[test]
fn a_request_finds_its_route_and_the_segments_it_names() {
    let table = table();
    let find = |method: &str, path: &str| {
        let (route, params) = table.find(&method.parse().unwrap(), path);
        (route.path, route.lane, params)
    };
    let purchase = "/api/v1/seckill/activities/{id}/orders";
    let asked = "/api/v1/seckill/activities/7/orders";
    assert_eq!(
        find("POST", asked),
        (purchase, Lane::Seckill, vec!["7".into()])
    );
    let decoded = find("POST", "/api/v1/seckill/activities/7%20/orders");
    assert_eq!(decoded, (purchase, Lane::Seckill, vec!["7 ".into()]));
    for path in [
        "/api/v1/seckill/activities//orders",
        "/api/v1/seckill/activities/7/8/orders",
        "/api/v1/seckill/activities/7/orders/",
        "/api/v1/seckill/activities/%ff/orders",
        "//api/seckill",
        "/",
        "*",
    ] {
        assert_eq!(find("POST", path).0, NO_ROUTE, "{path}");
    }
    assert_eq!(find("GET", asked).0, NO_ROUTE);
    assert_eq!(find("BREW", "/api/product").0, NO_ROUTE);
    assert_eq!(find("HEAD", "/api/product").0, "/api/product");
    assert_eq!(find("POST", "/wechatpay/notify").1, Lane::Notify);
}

#[test]
fn a_path_that_does_not_exist_is_answered_in_the_dialect_of_its_prefix() {
    let table = table();
    for (path, family) in [
        ("/api/v1/nothing", Family::V1),
        ("/api/nothing", Family::Gomall),
        ("/api/compare/nothing", Family::Guangyang),
        ("/compare/nothing", Family::Guangyang),
        ("/nothing", Family::V1),
        ("/apix", Family::V1),
    ] {
        assert_eq!(table.find(&Method::GET, path).0.family, family, "{path}");
    }
    let wrong_method = table.find(&Method::DELETE, "/api/product").0;
    assert_eq!(wrong_method.family, Family::Gomall);
}

#[test]
fn the_same_route_twice_is_refused() {
    let twice = || {
        let mut routes = Routes::new(Family::V1);
        routes.get("/a/{b}", Lane::Exempt, Access::Public, not_found);
        routes
    };
    assert!(Table::new(vec![twice()]).is_ok());
    assert!(Table::new(vec![twice(), twice()]).is_err());
}
