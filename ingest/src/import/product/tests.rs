//! What rows of products say, as a table and as JSON.

use super::*;

fn currency() -> Currency {
    "EUR".parse().unwrap()
}

fn told(row: Row<Product>) -> Result<String, (u64, String)> {
    match row.says {
        Says::Entry(product) => Ok(String::from_utf8(product.encode()).unwrap()),
        Says::Bad(reason) => Err((row.line, reason.to_string())),
        Says::Nothing => panic!("a product says something"),
    }
}

/// Each row: the product's JSON, or its line and what is wrong.
fn table(text: &[u8]) -> Vec<Result<String, (u64, String)>> {
    table_rows(text, currency()).unwrap().map(|row| told(row.unwrap())).collect()
}

fn json(text: &str) -> Vec<Result<String, (u64, String)>> {
    json_rows(text.as_bytes(), currency()).map(|row| told(row.unwrap())).collect()
}

#[test]
fn a_row_of_a_table_is_a_product() {
    let text = "\u{feff}ID, name ,price,description,stock,currency,available,variants\r\n\
        mug,\"Mug, \"\"big\"\"\",7.00,\"two\nlines\",12,USD,no,\r\n\
        shirt,T-Shirt,29.9,,5,,,large-red;Large Red;31.50;2|small| blue;;;0\r\n";

    let rows = table(text.as_bytes());

    let [mug, shirt] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        mug.as_deref().unwrap(),
        r#"{"id":"mug","name":"Mug, \"big\"","price":7.00,"stock":12,"variants":[],"available":false,"currency":"USD"}"#
    );
    assert_eq!(
        shirt.as_deref().unwrap(),
        r#"{"id":"shirt","name":"T-Shirt","price":29.90,"stock":5,"variants":[{"id":"large-red","name":"Large Red","price":31.50,"stock":2},{"id":"small","name":"small","price":29.90,"stock":5},{"id":"blue","name":"blue","price":29.90,"stock":0}],"available":true,"currency":"EUR"}"#
    );
}

#[test]
fn a_bad_row_is_told_by_its_line_and_the_next_one_read() {
    let text = b"id,name,price,stock,available,variants\n\
        a,A,free,1,,\n\
        b,B,1.005,1,,\n\
        c,C,1,-1,maybe,\n\
        d,D,1,1\n\
        e,\xff,1,1,,\n\
        f,F,1,1,,x;X;dear\n\
        g,G,1,1,,x;X;1;1;1\n\
        h,H,1,1,,x|x\n\
        i,I,1,1,,\n";

    let rows = table(text);

    let starts = [
        (2, "/price: expected a number"),
        (3, "/price: expected a decimal"),
        (4, "/available: expected true or false"),
        (5, "expected 6 fields as in the header, there are 4"),
        (6, "not UTF-8"),
        (7, "/variants/0: price: expected a number"),
        (8, "/variants/0: expected id;name;price;stock"),
        (9, "/variants/1/id: expected each id once"),
    ];
    let (last, bad) = rows.split_last().unwrap();
    assert_eq!(bad.len(), starts.len());
    for (row, (line, start)) in bad.iter().zip(starts) {
        let (at, what) = row.as_ref().unwrap_err();
        assert!(*at == line && what.starts_with(start), "{at}: {what}");
    }
    assert!(last.is_ok());
}

#[test]
fn a_header_must_name_its_columns_once() {
    let open = |text: &str| table_rows(text.as_bytes(), currency()).err().map(|e| e.to_string());

    assert!(open("id,name,price\n").unwrap().contains("\"stock\""));
    assert!(open("").unwrap().contains("\"id\""));
    assert!(open("id,name,price,stock,ID\n").unwrap().contains("twice"));
    assert_eq!(open("stock,price,name,id\n"), None);
}

#[test]
fn a_quote_that_is_never_closed_ends_the_table_and_not_the_memory() {
    let endless = std::io::repeat(b'x');
    let text = "id,name,price,stock\na,A,1,1\nb,\"";
    let mut rows = table_rows(text.as_bytes().chain(endless), currency()).unwrap();

    assert!(matches!(rows.next().unwrap().unwrap().says, Says::Entry(_)));
    let error = rows.next().unwrap().unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("is a quote left open?"), "{cause}");
}

#[test]
fn json_is_read_as_the_api_reads_it() {
    let rows = json(
        "{\"id\":\"a\",\"name\":\"A\",\"price\":1.50,\"stock\":1,\"color\":\"red\"}\n\
         {\"id\":\"b\",\"name\":\"B\",\"price\":1500,\"stock\":1,\"currency\":\"JPY\",\"variants\":null}\n",
    );

    assert_eq!(
        rows[0].as_deref(),
        Ok(
            r#"{"id":"a","name":"A","price":1.50,"stock":1,"variants":[],"available":true,"currency":"EUR"}"#
        )
    );
    assert!(rows[1].as_deref().unwrap().contains(r#""price":1500"#));
    for (text, start) in [
        (r#"{"name":"A","price":1,"stock":1}"#, "/id: "),
        (r#"{"id":"a","id":"b","name":"A","price":1,"stock":1}"#, "the key"),
        (r#"{"id":"a","name":"A","price":"1","stock":1}"#, "expected a number"),
        (r#"{"id":"a","name":"A","price":1,"stock":1.5}"#, "/stock: "),
        (
            r#"{"id":"a","name":"A","price":1,"stock":1,"variants":[["v","V",1,1]]}"#,
            "expected an object",
        ),
    ] {
        let (line, what) = json(text).remove(0).unwrap_err();
        assert!(line == 1 && what.starts_with(start), "{text}: {what}");
    }
}

#[test]
fn the_documented_examples_are_read_without_a_fault() {
    let rows = table(include_bytes!("../../../../docs/examples/products.csv"));
    assert!(rows.len() == 2 && rows.iter().all(Result::is_ok), "{rows:?}");

    let rows = json(include_str!("../../../../docs/examples/products.jsonl"));
    assert!(rows.len() == 2 && rows.iter().all(Result::is_ok), "{rows:?}");
}
