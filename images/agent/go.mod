module mvm/agent

go 1.23
