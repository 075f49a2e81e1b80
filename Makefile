# The only list of commands. Longer ones are in scripts/.
.PHONY: run test check fmt sqlx e2e bench chaos api coverage setup

run:      ## everything on this machine, with a demo building: http://127.0.0.1:4100
	scripts/run.sh
test:     ## all that must hold before a change goes in; `scripts/test.sh rust e2e` runs only these stages
	scripts/test.sh
check:    ## format and lints, the quick half of `make test`
	scripts/test.sh fmt lint
fmt:
	cargo fmt --all
sqlx:     ## after a change to a query or a migration: the data that compile-time checks read
	scripts/sqlx.sh
e2e:      ## the browser tests alone
	scripts/test.sh front e2e
bench:
	scripts/bench.sh
chaos:    ## what happens when parts are killed
	scripts/chaos.sh
api:      ## the public API against its OpenAPI document, by schemathesis
	scripts/schemathesis.sh
coverage:
	scripts/coverage.sh
setup:    ## installs what is missing; the others do this by themselves
	scripts/setup.sh build test e2e
