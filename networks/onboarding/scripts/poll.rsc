# CloudPilot: asks what this router should hold, and tells what it does.
:global @HELD@
:global @FAILED@
:local node @NODE_URL@
:local json "Content-Type: application/json"
:local password [/system script get [find name=@PASSWORD_SCRIPT@] source]
:local answer ([/tool fetch url=@AUTHENTICATE_URL@ http-method=post http-header-field=$json http-data=("{\"macaddress\":\"" . @MAC@ . "\",\"password\":\"" . $password . "\"}") output=user as-value check-certificate=@CHECK@]->"data")
:local begin ([:find $answer "\"AuthToken\":\""] + 13)
:local auth ("Authorization: Bearer " . [:pick $answer $begin [:find $answer "\"" $begin]])

# Nothing new is a 304, which a fetch takes for an error. The version goes without the quotes that
# an ETag has: nobody says how a header field may hold them.
:do {
    /tool fetch url=($node . "desired.rsc") http-header-field=($auth . ",If-None-Match: " . $@HELD@) check-certificate=@CHECK@ dst-path=@FILE@
    /import file-name=@FILE@
} on-error={}
:do { /file remove [find name=@FILE@] } on-error={}

@FACTS@
/tool fetch url=($node . "report/") http-method=post http-header-field=($json . "," . $auth) http-data=("{\"version\":\"" . $@HELD@ . "\",\"failed\":\"" . $@FAILED@ . "\"," . $facts . "}") output=user as-value check-certificate=@CHECK@
