use hooks::address::TargetError::{Credentials, Fragment, Literal, NotAUrl, NotHttps, Port, PrivateName};
use hooks::address::{Reach, Target, URL_MAX_BYTES, is_public};

/// First and last address of each special network, and the neighbours outside.
const V4: &[(&str, &str, &str, &str)] = &[
    ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
    ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
    ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
    ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
    ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
    ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
    ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
    ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
    ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
    ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
    ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
    ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
    ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
    ("223.255.255.255", "224.0.0.0", "239.255.255.255", ""),
    ("", "240.0.0.0", "255.255.255.255", ""),
];

/// As above.
const V6: &[(&str, &str, &str, &str)] = &[
    ("", "::", "::", ""),
    ("", "::1", "::1", ""),
    ("", "::ffff:0.0.0.0", "::ffff:255.255.255.255", "::1:0:0:0"),
    ("", "::127.0.0.1", "::255.255.255.255", ""),
    ("64:ff9a:ffff::", "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9b:0:0:0:1::"),
    ("64:ff9b:0:ffff::", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::"),
    ("ff::", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:2::"),
    ("2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
    ("2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
    ("2001:ffff::", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
    ("5eff::", "5f00::", "5f00:ffff::", "5f01::"),
    ("fbff:ffff::", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::"),
    ("fe7f::", "fe80::", "febf:ffff::", ""),
    ("", "fec0::", "feff:ffff::", ""),
    ("", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
];

/// All of these, each an edge or a neighbour.
const ADDRESSES: usize = 104;

#[test]
fn special_networks_are_refused_to_their_edges_and_their_neighbours_are_not() {
    let mut asked = 0;
    for (before, first, last, after) in V4.iter().chain(V6) {
        for (text, public) in [(before, true), (first, false), (last, false), (after, true)] {
            if !text.is_empty() {
                assert_eq!(is_public(text.parse().expect("an address")), public, "{text}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, ADDRESSES);
    for public in ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1"] {
        assert!(is_public(public.parse().expect("an address")), "{public}");
    }
}

#[test]
fn every_written_form_of_an_address_is_seen_as_one() {
    let forms: [&str; 24] = [
        // Decimal, octal, hex, short, mixed, full-width digits, circled dots, trailing dot.
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://0X7F.0X0.0X0.0X1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.1./",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://0/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0xA9FEA9FE/",
        "https://2852039166/",
        "https://8.8.8.8/",
        // IPv6, in brackets, short and long, with an IPv4 address inside.
        "https://[::1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::FFFF:A9FE:A9FE]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2606:4700:4700::1111]/",
    ];
    for text in forms {
        assert_eq!(Target::parse(text, Reach::Public), Err(Literal), "{text}");
    }
}

#[test]
fn an_endpoint_is_a_name_on_the_public_internet_over_tls() {
    let long = format!("https://example.com/{}", "a".repeat(URL_MAX_BYTES));
    let refused = [
        ("", NotAUrl),
        ("example.com/hook", NotAUrl),
        ("https://", NotAUrl),
        (&long, NotAUrl),
        ("https://example.com/a b", NotAUrl),
        ("https://example.com\\@127.0.0.1/", NotAUrl),
        ("https://exa\nmple.com/", NotAUrl),
        ("https://[::1%25eth0]/", NotAUrl),
        ("https://999.999.999.999/", NotAUrl),
        ("http://example.com/hook", NotHttps),
        ("http://127.0.0.1/hook", NotHttps),
        ("file:///etc/passwd", NotHttps),
        ("gopher://example.com/", NotHttps),
        ("https://user@example.com/", Credentials),
        ("https://user:word@example.com/", Credentials),
        ("https://:@example.com/", Credentials),
        ("https://example.com/#top", Fragment),
        ("https://example.com:8443/", Port),
        ("https://example.com:22/", Port),
        ("https://localhost/", PrivateName),
        ("https://LOCALHOST./", PrivateName),
        ("https://ｌｏｃａｌｈｏｓｔ/", PrivateName),
        ("https://intranet/", PrivateName),
        ("https://metadata.google.internal/", PrivateName),
        ("https://printer.local/", PrivateName),
        ("https://router.lan./", PrivateName),
        ("https://1.0.0.127.in-addr.arpa/", PrivateName),
        ("https://example..com/", PrivateName),
    ];
    for (text, why) in refused {
        assert_eq!(Target::parse(text, Reach::Public), Err(why), "{text}");
    }
    for text in ["https://example.com/hook?a=1", "https://EXAMPLE.com:443/", "https://example.com./hook", "https://ועד.ישראל/hook", "https://xn--4db8a.xn--4dbrk0ce/"] {
        assert!(Target::parse(text, Reach::Public).is_ok(), "{text}");
    }
}

#[test]
fn this_machine_is_an_endpoint_only_where_that_was_said() {
    for text in ["http://127.0.0.1:4200/hook", "http://localhost:4200/", "http://[::1]:4200/", "https://127.0.0.1/"] {
        assert!(Target::parse(text, Reach::Loopback).is_ok(), "{text}");
    }
    for text in ["http://10.0.0.1/", "http://169.254.169.254/", "http://127.0.0.2/", "http://[::ffff:127.0.0.1]/", "http://example.com/", "https://10.0.0.1/"] {
        assert!(Target::parse(text, Reach::Loopback).is_err(), "{text}");
    }
    assert!(Reach::Loopback.allows("127.0.0.1".parse().expect("an address")) && !Reach::Public.allows("127.0.0.1".parse().expect("an address")));
    assert!(!Reach::Loopback.allows("10.0.0.1".parse().expect("an address")));
}
