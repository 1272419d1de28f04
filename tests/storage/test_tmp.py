from service.storage.engine import open_engine
def test_a(database_url):
    open_engine(database_url).dispose()
def test_b(database_url):
    open_engine(database_url).dispose()
def test_w(workspace):
    with workspace.session() as s: pass
def test_w2(workspace):
    with workspace.session() as s: pass
