//! Each operator with values that it matches and values that it does not.

use crate::admits_value;

/// Alternatives, the values they admit, the values they do not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

#[track_caller]
fn check(rows: &[Row]) {
    for (alternatives, admitted, filtered_out) in rows {
        for value in *admitted {
            assert!(admits_value(alternatives, value), "[{alternatives}] of {value}");
        }
        for value in *filtered_out {
            assert!(!admits_value(alternatives, value), "[{alternatives}] of {value}");
        }
    }
}

#[test]
fn exact_values_are_of_the_same_type_and_the_same_value() {
    check(&[
        (r#""x""#, &[r#""x""#, r#""\u0078""#], &[r#""X""#, r#""xx""#, r#""""#, "null", r#"{"x":"x"}"#]),
        (r#""""#, &[r#""""#], &[r#"" ""#, "null", "0", "false"]),
        (r#""5""#, &[r#""5""#], &["5", r#""5.0""#]),
        ("5", &["5", "5.0", "0.5e1"], &[r#""5""#, "5.00001", "-5", "true"]),
        ("301.5", &["3.015e2", "301.50000"], &["301.49999", "301"]),
        ("0", &["0", "-0", "0e9"], &["1e-5", "null", "false", r#""""#]),
        ("-1e9", &["-1000000000"], &["-1000000001", "-1e999"]),
        ("true", &["true"], &["false", r#""true""#, "1", "null"]),
        ("false", &["false"], &["true", r#""false""#, "0", "null"]),
        ("null", &["null"], &[r#""null""#, "0", "false", r#""""#]),
        (
            r#""a","ab","abc",1,true,null"#,
            &[r#""a""#, r#""ab""#, r#""abc""#, "1", "true", "null"],
            &[r#""b""#, r#""abcd""#, "2", "false"],
        ),
        ("5,4,3,2,1,-1,0.5", &["-1", "0.5", "1", "2", "3", "4", "5"], &["-2", "0", "1.5", "6"]),
    ]);
}

#[test]
fn prefixes_and_suffixes_are_of_strings() {
    check(&[
        (r#"{"prefix":"ab"}"#, &[r#""ab""#, r#""abc""#], &[r#""a""#, r#""Abc""#, r#""cab""#, "null", "5"]),
        (r#"{"prefix":"5"}"#, &[r#""5""#, r#""55""#], &["5", "55"]),
        (r#"{"prefix":""}"#, &[r#""""#, r#""a""#], &["5", "null", "true"]),
        (r#"{"suffix":".png"}"#, &[r#"".png""#, r#""a.png""#], &[r#""a.PNG""#, r#""png""#, r#""a.png ""#, "null"]),
    ]);
}

#[test]
fn equals_ignore_case_compares_letters_of_all_scripts() {
    check(&[
        (r#"{"equals-ignore-case":"abC"}"#, &[r#""abc""#, r#""ABC""#], &[r#""ab""#, r#""abcd""#, "null"]),
        // The sign of the kelvin is an upper-case k as well.
        (r#"{"equals-ignore-case":"\u212A"}"#, &[r#""k""#, r#""K""#, r#""\u212A""#], &[r#""""#]),
        (r#"{"equals-ignore-case":"ÀÉ"}"#, &[r#""àé""#, r#""Àé""#], &[r#""ae""#]),
        (r#"{"equals-ignore-case":"ΟΔΟΣ"}"#, &[r#""οδοσ""#, r#""Οδοσ""#], &[r#""οδος""#]),
    ]);
}

#[test]
fn anything_but_excludes_values_and_prefixes() {
    check(&[
        (r#"{"anything-but":"x"}"#, &[r#""y""#, r#""""#, "5", "null", "true"], &[r#""x""#]),
        (r#"{"anything-but":["x","y"]}"#, &[r#""z""#, r#""xy""#, "1"], &[r#""x""#, r#""y""#]),
        (r#"{"anything-but":5}"#, &["6", r#""5""#, "null"], &["5", "5.0", "0.5e1"]),
        (r#"{"anything-but":[5,6]}"#, &["7", r#""5""#], &["5", "6.00"]),
        (r#"{"anything-but":{"prefix":"x"}}"#, &[r#""y""#, r#""yx""#, r#""""#, "5", "null"], &[r#""x""#, r#""xy""#]),
        (r#"{"anything-but":["x"]},"x""#, &[r#""x""#, r#""y""#], &[]),
    ]);
}

#[test]
fn numeric_compares_numbers() {
    check(&[
        (r#"{"numeric":["=",5]}"#, &["5", "5.0", "50e-1"], &["5.00001", "4.99999", r#""5""#, "null"]),
        (r#"{"numeric":["<",5]}"#, &["4.99999", "-1e9", "-1e999"], &["5", "6", r#""4""#]),
        (r#"{"numeric":["<=",5]}"#, &["5", "-5"], &["5.00001", "1e999"]),
        (r#"{"numeric":[">",0]}"#, &["0.00001", "1e999"], &["0", "-0", "-1", "true"]),
        (r#"{"numeric":[">=",0]}"#, &["0", "-0", "7"], &["-0.00001"]),
        (r#"{"numeric":[">=",0,"<",100]}"#, &["0", "99.99999"], &["-1", "100"]),
        (r#"{"numeric":[">",0,"<=",100]}"#, &["0.00001", "100"], &["0", "100.00001"]),
    ]);
}

#[test]
fn exists_asks_whether_there_is_a_value() {
    check(&[
        (r#"{"exists":true}"#, &["1", r#""""#, "false", "null", "[1]"], &["[]", "{}", r#"{"x":1}"#]),
        (r#"{"exists":false}"#, &["[]", "{}", r#"{"x":1}"#], &["1", "null", "[null]"]),
        (r#"{"exists":false},"x""#, &["[]", r#""x""#], &[r#""y""#]),
    ]);
}

#[test]
fn cidr_takes_addresses_of_its_family() {
    check(&[
        (
            r#"{"cidr":"10.0.0.0/24"}"#,
            &[r#""10.0.0.255""#],
            &[r#""10.0.1.0""#, r#""10.0.0""#, r#""::10.0.0.1""#, "10", "null"],
        ),
        (r#"{"cidr":"2001:db8::/32"}"#, &[r#""2001:db8::1""#], &[r#""2001:db9::1""#, r#""10.0.0.1""#]),
    ]);
}
