use serde::de::DeserializeOwned;
use service::{
    Validate,
    config::{ConfigError, from_layers},
};

/// What every fleet has to bring of its own, for tests: no default has a secret.
pub fn secrets() -> Vec<(String, String)> {
    [
        ("MALL_FLEET__SECRET", "the fleet's secret, for tests only"),
        ("MALL_AUTH__KEYS__TESTS__STATE", "signing"),
        (
            "MALL_AUTH__KEYS__TESTS__SECRET",
            "a signing key of more than 32 bytes, for tests only",
        ),
        // Tests sign tokens for buyers that never logged in.
        ("MALL_AUTH__ACCEPT_SESSIONLESS", "true"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

/// A service's defaults with [`secrets`], whatever the environment says.
pub fn config<C: DeserializeOwned + Validate>(service: &str, defaults: &str) -> C {
    match config_with(service, defaults, &[]) {
        Ok(config) => config,
        Err(error) => panic!("{error}"),
    }
}

/// [`config`] with some variables beside.
pub fn config_with<C: DeserializeOwned + Validate>(
    service: &str,
    defaults: &str,
    variables: &[(String, String)],
) -> Result<C, ConfigError> {
    from_layers(service, defaults, None, &[&secrets(), variables].concat())
}
