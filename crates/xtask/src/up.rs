//! `up` and `down`: the whole product on one machine.

use std::fs;

use anyhow::{Result, bail};

use crate::{engines, fleet, frontend, paths, ports, process, seed, step::step};

pub(crate) fn up() -> Result<()> {
    println!(
        "mall: bringing up a flash-sale shop under {}",
        paths::run_dir().display()
    );
    fs::create_dir_all(paths::log_dir())?;
    let engines = engines::up()?;
    fleet::build()?;
    let site = frontend::build();
    let mut env = fleet::env(&engines)?;
    step("migrating seven schemas", || {
        process::run(&mut fleet::mall(&env, &["migrate"]))
    })?;
    let wechat = step("starting the WeChat simulator and S3", || {
        fleet::start_simulators(&env)
    })?;
    env.extend(wechat);
    if let Some(site) = &site {
        env.push(("MALL_HTTP__SITE".into(), site.display().to_string()));
    }
    step("starting seven services", || fleet::start_services(&env))?;
    let catalogue = step("seeding demo data", || seed::seed(&env))?;
    print_welcome(&catalogue, site.is_some());
    Ok(())
}

fn print_welcome(catalogue: &seed::Catalogue, has_pages: bool) {
    let gateway = ports::GATEWAY;
    let shop = if has_pages {
        format!("http://127.0.0.1:{gateway}/      (administration: /admin, components: /design)")
    } else {
        "not built, see above".to_owned()
    };
    println!(
        "
mall is up.

  shop            {shop}
  API             http://127.0.0.1:{gateway}/api/v1      (Gomall's paths: http://127.0.0.1:{gateway}/api)
  WeChat's desk   http://127.0.0.1:{}/sim/    pay a QR code as a customer would
  metrics         http://127.0.0.1:9080/metrics … 9086   logs: {}
  accounts        admin / {}   ·   alice, bob, carol / {}
  on sale         activity {} of product {}: {} units

Try
  cargo xtask smoke      a whole flash sale, step by step, with an audit at the end
  curl -s http://127.0.0.1:{gateway}/api/v1/seckill/activities
  cargo xtask down       stop it (down --wipe: and forget its data)
",
        ports::WECHAT,
        paths::log_dir().display(),
        seed::ADMIN_PASSWORD,
        seed::BUYER_PASSWORD,
        catalogue.activity,
        catalogue.product,
        catalogue.units,
    );
}

pub(crate) fn down(arguments: &[String]) -> Result<()> {
    let wipe = match arguments {
        [] => false,
        [flag] if flag == "--wipe" => true,
        _ => bail!("usage: cargo xtask down [--wipe]"),
    };
    fleet::down()?;
    engines::down()?;
    if wipe && paths::run_dir().exists() {
        fs::remove_dir_all(paths::run_dir())?;
        println!("· data removed");
    }
    Ok(())
}
