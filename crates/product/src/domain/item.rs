use ids::ProductId;
use money::Money;
use serde::{Deserialize, Serialize};

use super::{Invalid, Stock};

/// A product as it stands in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ProductId,
    pub name: String,
    pub description: String,
    pub price_fen: i64,
    pub stock: i64,
    pub category: String,
    pub image_url: String,
    pub on_shelf: bool,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

/// A product that is to be.
#[derive(Debug, Clone)]
pub struct Draft {
    pub name: Name,
    pub description: Description,
    pub price: Price,
    pub stock: Stock,
    pub category: Category,
    pub image_url: ImageUrl,
}

/// What is to change about a product; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    pub name: Option<Name>,
    pub description: Option<Description>,
    pub price: Option<Price>,
    pub stock: Option<Stock>,
    pub category: Option<Category>,
    pub image_url: Option<ImageUrl>,
    pub on_shelf: Option<bool>,
}

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident: $invalid:ident if $fits:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                let text = text.trim();
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::$invalid) }
            }
        }
    )+};
}

text! {
    Name: Name if |text| !text.is_empty() && one_line(text, 255);
    Description: Description if |text| text.chars().count() <= 2_000;
    Category: Category if |text| one_line(text, 64);
    /// Shown by browsers, so no scheme that runs code.
    ImageUrl: ImageUrl if |text| text.is_empty() || (one_line(text, 1_024) && is_web_address(text));
}

fn one_line(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

fn is_web_address(text: &str) -> bool {
    let local = text.starts_with('/') && !text.starts_with("//");
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    local || matches!(scheme.as_deref(), Some("http" | "https"))
}

/// What one unit costs: above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price(Money);

impl Price {
    pub fn fen(self) -> i64 {
        self.0.fen()
    }
}

impl TryFrom<i64> for Price {
    type Error = Invalid;

    fn try_from(fen: i64) -> Result<Self, Invalid> {
        let price = Money::from_fen(fen).map_err(|_| Invalid::Price)?;
        if price.is_positive() {
            Ok(Self(price))
        } else {
            Err(Invalid::Price)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_in_characters() {
        assert!(Name::try_from("灯".repeat(255)).is_ok());
        assert!(Name::try_from("灯".repeat(256)).is_err());
        assert!(Name::try_from("  ".to_owned()).is_err());
        assert!(Name::try_from("a\0b".to_owned()).is_err());
        assert_eq!(
            Name::try_from(" lamp ".to_owned()).unwrap().as_str(),
            "lamp"
        );
    }

    #[test]
    fn an_image_cannot_run_code() {
        for fine in [
            "",
            "/photos/1.jpg",
            "https://cdn.example/1.jpg",
            "HTTP://x/y",
        ] {
            assert!(ImageUrl::try_from(fine.to_owned()).is_ok(), "{fine}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example/x",
            "1.jpg",
        ] {
            assert!(ImageUrl::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_price_is_above_zero_and_exact_in_javascript() {
        assert!(Price::try_from(0).is_err());
        assert!(Price::try_from(-1).is_err());
        assert!(Price::try_from(i64::MAX).is_err());
        assert_eq!(Price::try_from(1).map(Price::fen), Ok(1));
    }
}
