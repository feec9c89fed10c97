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
    /// Further pictures. Receipts of movements do not hold them.
    #[serde(skip)]
    pub images: Vec<String>,
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
    pub images: Images,
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
    pub images: Option<Images>,
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

/// Further pictures of a product, at most 9, as the row writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Images(String);

impl Images {
    const MAX: usize = 9;
    /// Of the row.
    const BYTES_MAX: usize = 8_000;

    /// A JSON list; empty for none.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// What the row cannot say is not shown.
    pub fn read(json: &str) -> Vec<String> {
        serde_json::from_str(json).unwrap_or_default()
    }
}

impl TryFrom<Vec<String>> for Images {
    type Error = Invalid;

    fn try_from(urls: Vec<String>) -> Result<Self, Invalid> {
        if urls.is_empty() {
            return Ok(Self::default());
        }
        let urls = urls.into_iter().map(ImageUrl::try_from);
        let urls: Vec<_> = urls.collect::<Result<_, _>>()?;
        let texts: Vec<_> = urls.iter().map(ImageUrl::as_str).collect();
        let json = serde_json::to_string(&texts).map_err(|_| Invalid::Images)?;
        let shown = texts.iter().all(|url| !url.is_empty());
        if texts.len() <= Self::MAX && json.len() <= Self::BYTES_MAX && shown {
            Ok(Self(json))
        } else {
            Err(Invalid::Images)
        }
    }
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
    fn pictures_read_back_and_are_bounded() {
        let urls = |n: usize| vec!["/photos/灯.jpg".to_owned(); n];
        let images = Images::try_from(urls(9)).unwrap();
        assert_eq!(Images::read(images.as_json()), urls(9));
        assert_eq!(Images::read(Images::default().as_json()), urls(0));
        assert!(Images::try_from(urls(10)).is_err());
        assert!(Images::try_from(vec![String::new()]).is_err());
        assert!(Images::try_from(vec!["javascript:x".to_owned()]).is_err());
        assert!(Images::try_from(vec![format!("/{}", "x".repeat(1_020)); 8]).is_err());
    }

    #[test]
    fn a_price_is_above_zero_and_exact_in_javascript() {
        assert!(Price::try_from(0).is_err());
        assert!(Price::try_from(-1).is_err());
        assert!(Price::try_from(i64::MAX).is_err());
        assert_eq!(Price::try_from(1).map(Price::fen), Ok(1));
    }
}
