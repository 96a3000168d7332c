# CloudPilot: the part for RouterOS 7, which meshclient.rsc fetches. It joins the network, gets an
# account for CloudPilot to log in with, and leaves behind a script that asks what to hold.
:global CloudPilotNetwork
:global CloudPilotKey
:global CloudPilotPassword
:local nodes @NODES_URL@
:local json "Content-Type: application/json"
:local kept [/system script find name=("cloudpilot-" . $CloudPilotNetwork . "-password")]

# The network knows this router by the address of its first Ethernet port.
:local mac ""
:foreach port in=[/interface ethernet find] do={
    :if ($mac = "") do={ :set mac [/interface ethernet get $port mac-address] }
}
:if ($mac = "") do={ :error "CloudPilot: this router has no Ethernet port to be known by." }

# The node's password is 256 random bits: the private key of an interface that nobody uses.
:do { /interface wireguard remove [find name="cloudpilot-dice"] } on-error={}
/interface wireguard add name="cloudpilot-dice" disabled=yes
:set CloudPilotPassword [/interface wireguard get [find name="cloudpilot-dice"] private-key]
/interface wireguard remove [find name="cloudpilot-dice"]

:do {
    /tool fetch url=($nodes . $CloudPilotNetwork . "/") http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . $mac . "\",\"accesskey\":\"" . $CloudPilotKey . "\",\"password\":\"" . $CloudPilotPassword . "\"}") output=user as-value check-certificate=@CHECK@
} on-error={
    # A key that is used up still lets this router set itself up again, with the password it has.
    :if ([:len $kept] = 0) do={
        :error "CloudPilot: this key lets the router into no network; make another one."
    }
    :set CloudPilotPassword [/system script get $kept source]
}

:local answer ([/tool fetch url=($nodes . "adm/" . $CloudPilotNetwork . "/authenticate/") http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . $mac . "\",\"password\":\"" . $CloudPilotPassword . "\"}") output=user as-value check-certificate=@CHECK@]->"data")
:local begin ([:find $answer "\"AuthToken\":\""] + 13)
:local token [:pick $answer $begin [:find $answer "\"" $begin]]

:local identity [/system identity get name]
:if (!($identity ~ "^[A-Za-z0-9 ._-]+\$")) do={ :set identity "" }
@FACTS@
:local about ("{\"identity\":\"" . $identity . "\",\"board\":\"" . [/system resource get board-name] . "\",\"apiport\":" . [/ip service get api port] . "," . $facts . "}")
/tool fetch url=($nodes . $CloudPilotNetwork . "/" . $mac . "/account/") http-method=post http-header-field=($json . ",Authorization: Bearer " . $token) http-data=$about check-certificate=@CHECK@ dst-path="cloudpilot-account.rsc"
/import file-name="cloudpilot-account.rsc"
/file remove [find name="cloudpilot-account.rsc"]
:put ("CloudPilot: this router is in " . $CloudPilotNetwork . " and has asked what it should hold.")
/system script environment remove [find name="CloudPilotNetwork"]
/system script environment remove [find name="CloudPilotKey"]
/system script environment remove [find name="CloudPilotPassword"]
