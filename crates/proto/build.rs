//! Compiles `proto/` without protoc; the same descriptors feed gRPC reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const SERVICES: [&str; 6] = ["user", "product", "order", "seckill", "payment", "compare"];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where things are by variables"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    for service in SERVICES {
        for entry in fs::read_dir(root.join(format!("mall/{service}/v1")))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("mall.descriptors"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
