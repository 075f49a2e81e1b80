//! A link as a QR code, drawn as one SVG path.

use anyhow::anyhow;
use fast_qr::qr::QRBuilder;

/// Light squares around the code, as the standard (ISO/IEC 18004) asks.
const QUIET: usize = 4;

/// The code's side in squares, quiet zone included, and the path of its dark squares.
pub fn squares(text: &str) -> anyhow::Result<(usize, String)> {
    let code = QRBuilder::new(text).build().map_err(|error| anyhow!("a link does not fit into a QR code: {error:?}"))?;
    let mut path = String::new();
    for (y, row) in code.data[..code.size * code.size].chunks(code.size).enumerate() {
        let mut x = 0;
        while x < code.size {
            let run = row[x..].iter().take_while(|square| square.value()).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    Ok((code.size + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_pattern() {
        let (side, path) = squares("https://vantera.example/b/bialik-14-x7k2p/join").unwrap();
        assert!(side >= 21 + 2 * QUIET);
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
    }
}
