const server = require("@sluice/server");
const { send } = require("./send_with.cjs");

send(server, "require");
