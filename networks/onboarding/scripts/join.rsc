# CloudPilot: the part for RouterOS 7, which meshclient.rsc fetches. It joins the network, gets an
# account for CloudPilot to log in with, and leaves behind a script that asks what to hold.
:global CloudPilotNetwork
:global CloudPilotKey
# From here on the key is known to nobody but this script, whatever becomes of it.
:local network $CloudPilotNetwork
:local key $CloudPilotKey
/system script environment remove [find name="CloudPilotNetwork"]
/system script environment remove [find name="CloudPilotKey"]
:local nodes @NODES_URL@
:local json "Content-Type: application/json"
:local kept ("cloudpilot-" . $network . "-password")

# The network knows this router by the address of its first Ethernet port.
:local mac ""
:foreach port in=[/interface ethernet find] do={
    :if ($mac = "") do={ :set mac [/interface ethernet get $port mac-address] }
}
:if ($mac = "") do={ :error "CloudPilot: this router has no Ethernet port to be known by." }

# The node's password is 256 random bits: the private key of an interface that nobody uses. It is
# kept as the text of a script that is nothing to run.
:local isNew ([:len [/system script find name=$kept]] = 0)
:if ($isNew) do={
    :do { /interface wireguard remove [find name="cloudpilot-dice"] } on-error={}
    /interface wireguard add name="cloudpilot-dice" disabled=yes
    /system script add name=$kept policy=read source=[/interface wireguard get [find name="cloudpilot-dice"] private-key]
    /interface wireguard remove [find name="cloudpilot-dice"]
}
:local password [/system script get [find name=$kept] source]

:local isIn true
:do {
    /tool fetch url=($nodes . $network . "/") http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . $mac . "\",\"accesskey\":\"" . $key . "\",\"password\":\"" . $password . "\"}") output=user as-value check-certificate=@CHECK@
} on-error={ :set isIn false }

# A key that is used up is no hindrance for a router that is in the network, nor is an answer that got
# lost: what counts is the password.

:local answer ""
:do {
    :set answer ([/tool fetch url=($nodes . "adm/" . $network . "/authenticate/") http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . $mac . "\",\"password\":\"" . $password . "\"}") output=user as-value check-certificate=@CHECK@]->"data")
} on-error={
    :if ($isNew && !$isIn) do={
        /system script remove [find name=$kept]
        :error "CloudPilot: this key lets the router into no network; make another one."
    }
    :error "CloudPilot: the router is not in the network yet. If it waits there for approval, approve it and paste the line again."
}
:local begin ([:find $answer "\"AuthToken\":\""] + 13)
:local token [:pick $answer $begin [:find $answer "\"" $begin]]

:local identity [/system identity get name]
:if (!($identity ~ "^[A-Za-z0-9 ._-]+\$")) do={ :set identity "" }
@FACTS@
:local about ("{\"identity\":\"" . $identity . "\",\"board\":\"" . [/system resource get board-name] . "\",\"apiport\":" . [/ip service get api port] . "," . $facts . "}")
/tool fetch url=($nodes . $network . "/" . $mac . "/account/") http-method=post http-header-field=($json . ",Authorization: Bearer " . $token) http-data=$about check-certificate=@CHECK@ dst-path="cloudpilot-account.rsc"
# The file has a password in it, and goes in any case.
:local isDone false
:do {
    /import file-name="cloudpilot-account.rsc"
    :set isDone true
} on-error={}
/file remove [find name="cloudpilot-account.rsc"]
:if (!$isDone) do={ :error "CloudPilot: this router is not set up to its end: see above and in its log, and paste the line again." }
:put ("CloudPilot: this router is in " . $network . " and has asked what it should hold.")
