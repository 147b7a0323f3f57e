#!/bin/sh
# A shed that says how warm it is, in plain shell: once by HTTP with curl, once by MQTT.
#
#   HEARTHWARD_TOKEN=… HUB=http://homeassistant.local:8737 ./shed.sh http 12.5
#   BROKER=homeassistant.local ./shed.sh mqtt 12.5
#
# Make the token with: hearthward key create --name shed --role device --device shed
# Approve the device once, in Home Assistant. The messages say who they are of (`device`) and what
# they are (`type`); when they happened (`ts`) may be left out: it is when they arrive.
set -eu

transport=$1
temperature=$2
device=${DEVICE:-shed}
: "${BROKER:=localhost}" "${BROKER_PORT:=1883}" "${HUB:=http://localhost:8737}"

hello='{"type":"hello","device":"'$device'","body":{"name":"Shed","points":[
  {"id":"temperature","object_id":"temperature","kind":"sensor","name":"Temperature",
   "device_class":"temperature","unit":"°C"}]}}'
state='{"type":"state","device":"'$device'","body":{"observations":[
  {"point":"temperature","value":'$temperature'}]}}'

case $transport in
http)
    # The answer comes when the messages are durable. With the same Idempotency-Key it can be
    # sent again and again: `--retry` does, also when the hub says 429 or 503 and how long to wait.
    curl --silent --show-error --fail-with-body --retry 8 --retry-connrefused \
        --header "Authorization: Bearer $HEARTHWARD_TOKEN" \
        --header "Idempotency-Key: $device-$(date +%s)-$$" \
        --json "[$hello,$state]" "$HUB/api/v1/messages"
    ;;
mqtt)
    # QoS 1: it ends when the broker has the message, which keeps it for the hub.
    topic=hearthward/${HEARTHWARD_HOME:-home}/$device
    mosquitto_pub -V 5 -h "$BROKER" -p "$BROKER_PORT" -q 1 -r -t "$topic/hello" -m "$hello"
    mosquitto_pub -V 5 -h "$BROKER" -p "$BROKER_PORT" -q 1 -t "$topic/state" -m "$state"
    ;;
*)
    echo "Say http or mqtt, not $transport" >&2
    exit 2
    ;;
esac
