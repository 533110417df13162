fn x() {}
pub(crate) fn draw() -> anyhow::Result<()> {
    x();
    Ok(())
}
