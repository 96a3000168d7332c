# CloudPilot: asks what this router should hold, and tells what it does.
:global @HELD@
:global @FAILED@
:local node @NODE_URL@
:local json "Content-Type: application/json"
:local password [/system script get [find name=@PASSWORD_SCRIPT@] source]
:local answer ([/tool fetch url=@AUTHENTICATE_URL@ http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . @MAC@ . "\",\"password\":\"" . $password . "\"}") output=user as-value check-certificate=@CHECK@]->"data")
:local begin ([:find $answer "\"AuthToken\":\""] + 13)
:local auth ("Authorization: Bearer " . [:pick $answer $begin [:find $answer "\"" $begin]])

# Nothing new is a 304, which a fetch takes for an error.
:do {
    /tool fetch url=($node . "desired.rsc") http-header-field=($auth . ",If-None-Match: \"" . $@HELD@ . "\"") check-certificate=@CHECK@ dst-path=@FILE@
    /import file-name=@FILE@
} on-error={}
:do { /file remove [find name=@FILE@] } on-error={}

:local peers ""
:foreach peer in=[/interface wireguard peers find interface=@INTERFACE@] do={
    :if ([:len $peers] < 40000) do={
        :set peers ($peers . ",{\"publickey\":\"" . [/interface wireguard peers get $peer public-key] . "\",\"lasthandshake\":\"" . [/interface wireguard peers get $peer last-handshake] . "\",\"endpoint\":\"" . [/interface wireguard peers get $peer current-endpoint-address] . "\",\"port\":\"" . [/interface wireguard peers get $peer current-endpoint-port] . "\",\"rx\":\"" . [/interface wireguard peers get $peer rx] . "\",\"tx\":\"" . [/interface wireguard peers get $peer tx] . "\"}")
    }
}
:local subnets ""
:foreach row in=[/ip address find disabled=no] do={
    :set subnets ($subnets . ",\"" . [/ip address get $row address] . "\"")
}
:local key ""
:foreach own in=[/interface wireguard find name=@INTERFACE@] do={ :set key [/interface wireguard get $own public-key] }
/tool fetch url=($node . "report/") http-method=post http-header-field=($json . "," . $auth) http-data=("{\"version\":\"" . $@HELD@ . "\",\"failed\":\"" . $@FAILED@ . "\",\"publickey\":\"" . $key . "\",\"routeros\":\"" . [/system resource get version] . "\",\"peers\":[" . [:pick $peers 1 [:len $peers]] . "],\"subnets\":[" . [:pick $subnets 1 [:len $subnets]] . "]}") output=user as-value check-certificate=@CHECK@
