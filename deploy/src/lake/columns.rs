//! The columns a row has, each with its type and how a row gives it: the one place that says so. Their
//! meanings are in docs/lake.md.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedColumnWriter;
use parquet::schema::types::{Type, TypePtr};

use super::row::Row;

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    cell: Cell,
}

/// What a column holds, and how a row gives it. All numbers are of one width, and none is a float.
#[derive(Debug)]
enum Cell {
    Text(fn(&Row) -> ByteArray),
    MaybeText(fn(&Row) -> Option<ByteArray>),
    Number(fn(&Row) -> i64),
    MaybeNumber(fn(&Row) -> Option<i64>),
    /// Microseconds since 1970, UTC.
    Time(fn(&Row) -> i64),
}

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

/// Every column, in its order.
pub(super) const COLUMNS: [Column; 27] = [
    column("event_id", Cell::Text(|row| text(&row.event.place.to_string()))),
    column("cart_id", Cell::Text(|row| text(&row.event.place.cart.to_string()))),
    column("tenant", Cell::MaybeText(|row| row.key.tenant().map(|tenant| text(tenant.as_str())))),
    column("user_id", Cell::Text(|row| text(row.event.user.as_str()))),
    column("cart_key", Cell::Text(|row| text(row.key.as_str()))),
    column("version", Cell::Number(|row| whole(row.event.place.version))),
    column("n", Cell::Number(|row| row.event.place.n.into())),
    column("of", Cell::Number(|row| row.event.place.of.into())),
    column("type", Cell::Text(|row| text(row.event.fact.kind().as_str()))),
    column("at", Cell::Time(|row| row.event.at.micros())),
    column("currency", Cell::MaybeText(|row| Some(text(row.event.after.currency?.code())))),
    column("total_minor", Cell::Number(|row| row.event.after.total.minor())),
    column("item_count", Cell::Number(|row| whole(row.event.after.item_count))),
    column("tier", Cell::MaybeNumber(|row| row.parts().tier.map(i64::from))),
    column("item_id", Cell::MaybeText(|row| Some(text(&row.parts().item?.to_string())))),
    column("product_id", Cell::MaybeText(|row| Some(text(row.parts().item?.product().as_str())))),
    column("quantity", Cell::MaybeNumber(|row| Some(row.parts().line?.quantity.get().into()))),
    column("price_minor", Cell::MaybeNumber(|row| Some(row.parts().line?.price.minor()))),
    column("current_price_minor", Cell::MaybeNumber(|row| Some(row.parts().news?.price.minor()))),
    column("value_minor", Cell::MaybeNumber(|row| Some(row.parts().value?.minor()))),
    column("checkout_id", Cell::MaybeText(|row| Some(text(&row.parts().checkout?.to_string())))),
    column("order_id", Cell::MaybeText(|row| Some(text(row.parts().order?.as_str())))),
    column("items", Cell::MaybeText(|row| row.parts().items().map(ByteArray::from))),
    column("data", Cell::Text(|row| row.data.clone().into())),
    column("log_partition", Cell::Number(|row| row.partition.number().into())),
    column("log_offset", Cell::Number(|row| row.offset)),
    column("appended_at", Cell::Time(|row| row.appended.micros())),
];

/// Columns whose cells differ from row to row, so that a dictionary of them would be them again.
pub(super) const UNALIKE: [&str; 4] = ["event_id", "items", "data", "log_offset"];

fn text(text: &str) -> ByteArray {
    text.into()
}

/// A count that no cart brings near the end of the type.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The columns as a file declares them.
pub(super) fn schema() -> Result<TypePtr, ParquetError> {
    let fields = COLUMNS.iter().map(|column| column.declared().map(Arc::new));
    let fields = fields.collect::<Result<_, _>>()?;
    Type::group_type_builder("event").with_fields(fields).build().map(Arc::new)
}

impl Column {
    fn declared(&self) -> Result<Type, ParquetError> {
        let (physical, logical, repetition) = match self.cell {
            Cell::Text(_) => {
                (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
            }
            Cell::MaybeText(_) => {
                (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::OPTIONAL)
            }
            Cell::Number(_) => (Physical::INT64, None, Repetition::REQUIRED),
            Cell::MaybeNumber(_) => (Physical::INT64, None, Repetition::OPTIONAL),
            Cell::Time(_) => {
                let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
                (Physical::INT64, Some(micros), Repetition::REQUIRED)
            }
        };
        let declared = Type::primitive_type_builder(self.name, physical);
        declared.with_logical_type(logical).with_repetition(repetition).build()
    }

    /// Writes the column of these rows.
    pub(super) fn write(
        &self,
        rows: &[Row],
        mut to: SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        match self.cell {
            Cell::Text(of) => all::<ByteArrayType>(rows.iter().map(of), &mut to)?,
            Cell::MaybeText(of) => some::<ByteArrayType>(rows.iter().map(of), &mut to)?,
            Cell::Number(of) | Cell::Time(of) => all::<Int64Type>(rows.iter().map(of), &mut to)?,
            Cell::MaybeNumber(of) => some::<Int64Type>(rows.iter().map(of), &mut to)?,
        }
        to.close()
    }
}

/// A column that every row has.
fn all<T: DataType>(
    cells: impl Iterator<Item = T::T>,
    to: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let cells: Vec<_> = cells.collect();
    to.typed::<T>().write_batch(&cells, None, None).map(drop)
}

/// A column that a row may lack: a level of 0 says that it does.
fn some<T: DataType>(
    cells: impl Iterator<Item = Option<T::T>>,
    to: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let cells: Vec<_> = cells.collect();
    let levels: Vec<_> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let there: Vec<_> = cells.into_iter().flatten().collect();
    to.typed::<T>().write_batch(&there, Some(&levels), None).map(drop)
}
