//! What the binary formats of 1993 (xls) and 2007 (xlsb) have in common.

/// The text of an error's number.
pub(crate) fn error_text(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        0x2C => "#SPILL!",
        0x2D => "#CONNECT!",
        0x2E => "#BLOCKED!",
        0x30 => "#FIELD!",
        0x31 => "#CALC!",
        _ => "#UNKNOWN!",
    }
}

/// A number packed into 30 bits: the upper half of a double or a whole number, perhaps in
/// hundredths.
pub(crate) fn packed_number(bits: u32) -> f64 {
    let value = if bits & 2 != 0 {
        f64::from(bits as i32 >> 2)
    } else {
        f64::from_bits(u64::from(bits & !3) << 32)
    };
    if bits & 1 != 0 { value / 100.0 } else { value }
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

pub(crate) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}

/// UTF-16 as the formats store it: little-endian, not always valid.
pub(crate) fn wide_text(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the very same numbers are meant")]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_unfold() {
        assert_eq!(packed_number(0x3FF0_0000), 1.0);
        assert_eq!(packed_number(0x3FF0_0001), 0.01);
        assert_eq!(packed_number(5 << 2 | 2), 5.0);
        assert_eq!(packed_number(1234 << 2 | 3), 12.34);
        assert_eq!(packed_number((-7_i32 << 2 | 2) as u32), -7.0);
    }
}
