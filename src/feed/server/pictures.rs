//! Pictures as they are kept: decoded within bounds, turned upright, made smaller and written anew as JPEG, so that
//! nothing of the sent file (where it was taken, what hides behind its end) reaches a neighbour.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use tokio::sync::Semaphore;

use crate::feed::model::PICTURE_BYTES;

/// The longer side of a kept picture, in pixels.
const SIDE: u32 = 1600;
/// The most bytes a kept picture has; the table's check says the same.
const KEPT_BYTES: usize = 1024 * 1024;
/// The most pixels a sent picture may have.
const MOST_PIXELS: u64 = 40_000_000;
/// The most bytes a decoder may take for one picture: 40 megapixels with alpha.
const MOST_DECODED_BYTES: u64 = 4 * MOST_PIXELS;
/// The longest side a sent picture may have, in pixels.
const MOST_SIDE: u32 = 30_000;
/// A picture is not made smaller than this to fit, in pixels.
const LEAST_SIDE: u32 = 200;
/// JPEG qualities, tried in this order until the picture fits.
const QUALITIES: [u8; 5] = [80, 70, 60, 50, 40];

/// Decoding is the heaviest thing a request can ask of us; two at a time leave the machine to the others.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// Why a file was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureError {
    /// Not a JPEG, PNG, WebP or GIF, or a damaged one.
    Unreadable,
    TooManyPixels,
    /// More bytes than PICTURE_BYTES.
    TooHeavy,
}

/// A picture ready to be kept: JPEG, at most KEPT_BYTES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: i32,
    pub height: i32,
    pub bytes: Vec<u8>,
}

/// Makes a sent file into a picture of ours, away from the request's own thread.
pub async fn prepare(sent: Vec<u8>) -> Result<Picture, PictureError> {
    if sent.len() > PICTURE_BYTES {
        return Err(PictureError::TooHeavy);
    }
    let Ok(_turn) = DECODERS.acquire().await else { return Err(PictureError::Unreadable) };
    match tokio::task::spawn_blocking(move || shrink(&sent)).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // A decoder that panics on a hostile file must not take the request down with it.
            tracing::warn!(%error, "a picture's decoder failed");
            Err(PictureError::Unreadable)
        }
    }
}

fn shrink(sent: &[u8]) -> Result<Picture, PictureError> {
    let image = on_white(bound(decode(sent)?));
    encode(image)
}

/// Decodes what is certain to be one of four formats and within the bounds; both are known before a pixel is.
fn decode(sent: &[u8]) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(sent)).with_guessed_format().map_err(|_| PictureError::Unreadable)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)) {
        return Err(PictureError::Unreadable);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Unreadable);
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_DECODED_BYTES {
        return Err(PictureError::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(reason)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(reason)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn reason(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Unreadable,
    }
}

/// Makes the longer side at most SIDE. A very large picture is first averaged down cheaply, then resampled well.
fn bound(image: DynamicImage) -> DynamicImage {
    let longer = image.width().max(image.height());
    if longer <= SIDE {
        return image;
    }
    let image = if longer > 2 * SIDE { image.thumbnail(2 * SIDE, 2 * SIDE) } else { image };
    image.resize(SIDE, SIDE, FilterType::CatmullRom)
}

/// JPEG knows no transparency: what shone through becomes white.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let layered = image.into_rgba8();
    let mut flat = RgbImage::new(layered.width(), layered.height());
    for (from, to) in layered.pixels().zip(flat.pixels_mut()) {
        let alpha = u32::from(from[3]);
        for channel in 0..3 {
            to[channel] = ((u32::from(from[channel]) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
    flat
}

/// Writes JPEG, lowering the quality and then the size until it fits.
fn encode(mut image: RgbImage) -> Result<Picture, PictureError> {
    loop {
        for quality in QUALITIES {
            let mut bytes = Vec::with_capacity(KEPT_BYTES / 2);
            JpegEncoder::new_with_quality(&mut bytes, quality).encode(&image, image.width(), image.height(), ExtendedColorType::Rgb8).map_err(reason)?;
            if bytes.len() <= KEPT_BYTES {
                return Ok(Picture { width: image.width() as i32, height: image.height() as i32, bytes });
            }
        }
        // Only noise gets here: a picture of the world fits at the first quality or the second.
        let side = image.width().max(image.height()) * 3 / 4;
        if side < LEAST_SIDE {
            return Err(PictureError::TooManyPixels);
        }
        image = DynamicImage::ImageRgb8(image).resize(side, side, FilterType::Triangle).into_rgb8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn stripe(width: u32, height: u32) -> DynamicImage {
        // The left half red, the right half blue: turning it can be seen.
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| if x < width / 2 { image::Rgb([220, 20, 20]) } else { image::Rgb([20, 20, 220]) }))
    }

    /// A JPEG with an EXIF block that says "turn me" and where it was taken.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"GPS 32.08N 34.81E");
        let mut out = jpeg[..2].to_vec();
        out.extend([0xff, 0xe1]);
        out.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        out.extend(tiff);
        out.extend(&jpeg[2..]);
        out
    }

    #[test]
    fn the_four_formats_come_out_as_bounded_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            let kept = shrink(&file(&stripe(120, 60), format)).unwrap();
            assert_eq!((kept.width, kept.height), (120, 60), "{format:?}");
            assert!(kept.bytes.starts_with(&[0xff, 0xd8, 0xff]) && kept.bytes.len() <= KEPT_BYTES);
        }
        let kept = shrink(&file(&stripe(2000, 500), ImageFormat::Jpeg)).unwrap();
        assert_eq!((kept.width, kept.height), (1600, 400));
    }

    #[test]
    fn a_picture_is_turned_upright_and_forgets_where_it_was_taken() {
        let sent = with_exif(&file(&stripe(80, 40), ImageFormat::Jpeg), 6);
        let kept = shrink(&sent).unwrap();
        assert_eq!((kept.width, kept.height), (40, 80));
        assert!(!kept.bytes.windows(4).any(|four| four == b"Exif" || four == b"GPS "));
        let upright = image::load_from_memory(&kept.bytes).unwrap().into_rgb8();
        assert!(upright.get_pixel(20, 5)[0] > 150 && upright.get_pixel(20, 75)[2] > 150, "what was left is on top");
    }

    #[test]
    fn what_shone_through_becomes_white() {
        let clear = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(16, 16, image::Rgba([0, 0, 0, 0])));
        let kept = shrink(&file(&clear, ImageFormat::Png)).unwrap();
        assert!(image::load_from_memory(&kept.bytes).unwrap().into_rgb8().get_pixel(8, 8).0.iter().all(|channel| *channel > 250));
    }

    #[test]
    fn a_bomb_is_refused_by_its_dimensions_before_a_pixel_is_decoded() {
        // A real PNG whose header claims 10,000 x 10,000; the checksum of the header is made right again.
        let mut bomb = file(&stripe(4, 4), ImageFormat::Png);
        bomb[16..20].copy_from_slice(&10_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&10_000u32.to_be_bytes());
        let checksum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(shrink(&bomb), Err(PictureError::TooManyPixels));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }))
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let jpeg = file(&stripe(64, 64), ImageFormat::Jpeg);
        for sent in [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", &jpeg[..40], b"BM\x36\0\0\0"] {
            assert_eq!(shrink(sent), Err(PictureError::Unreadable));
        }
    }

    #[test]
    fn noise_is_made_to_fit() {
        let mut seed = 1u32;
        let noise = DynamicImage::ImageRgb8(RgbImage::from_fn(900, 900, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
        }));
        assert!(shrink(&file(&noise, ImageFormat::Png)).unwrap().bytes.len() <= KEPT_BYTES);
    }
}
